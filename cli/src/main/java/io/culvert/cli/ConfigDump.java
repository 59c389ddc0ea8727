package io.culvert.cli;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Problems;
import java.io.StringWriter;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultPrettyPrinter;

/** Writes a tree as JSON, secrets included: what several files come to, in whatever language. */
final class ConfigDump {
    private static final JsonFactory JSON = new JsonFactory();
    private static final ObjectWriteContext PRETTY =
            new ObjectWriteContext.Base() {
                @Override
                public tools.jackson.core.PrettyPrinter getPrettyPrinter() {
                    return new DefaultPrettyPrinter();
                }

                @Override
                public boolean hasPrettyPrinter() {
                    return true;
                }
            };

    private final Problems none = new Problems();
    private final JsonGenerator json;

    private ConfigDump(JsonGenerator json) {
        this.json = json;
    }

    static String json(ConfigNode root) {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = JSON.createGenerator(PRETTY, text)) {
            new ConfigDump(generator).write(root);
        }
        return text.toString();
    }

    private void write(ConfigNode node) {
        switch (node.kind()) {
            case OBJECT -> {
                json.writeStartObject();
                for (Map.Entry<String, ConfigNode> member : node.membersAsWritten().entrySet()) {
                    json.writeName(member.getKey());
                    write(member.getValue());
                }
                json.writeEndObject();
            }
            case ARRAY -> {
                json.writeStartArray();
                node.elements().forEach(this::write);
                json.writeEndArray();
            }
            case STRING -> json.writeString(node.string(none, ""));
            case INTEGER -> json.writeNumber(node.integer(none, Long.MIN_VALUE, Long.MAX_VALUE, 0));
            case DECIMAL -> json.writeNumber(node.decimal(none, 0));
            case BOOLEAN -> json.writeBoolean(node.bool(none, false));
            case NULL, ABSENT -> json.writeNull();
        }
    }
}
