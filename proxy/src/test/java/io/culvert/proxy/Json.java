package io.culvert.proxy;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Makes a configuration tree of JSON text, as the command line's reader does. */
final class Json {
    static final String FILE = "test.json";

    private Json() {}

    static ConfigNode parse(String text) {
        try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
            return node(parser, parser.nextToken(), "");
        }
    }

    private static ConfigNode node(JsonParser parser, JsonToken token, String path) {
        var at = parser.currentTokenLocation();
        Place place = new Place(FILE, at.getLineNr(), at.getColumnNr(), path);
        return switch (token) {
            case START_OBJECT -> object(parser, place);
            case START_ARRAY -> array(parser, place);
            case VALUE_STRING -> ConfigNode.string(place, parser.getString());
            case VALUE_NUMBER_INT -> ConfigNode.integer(place, parser.getLongValue());
            case VALUE_NUMBER_FLOAT -> ConfigNode.decimal(place, parser.getDoubleValue());
            case VALUE_TRUE -> ConfigNode.bool(place, true);
            case VALUE_FALSE -> ConfigNode.bool(place, false);
            default -> ConfigNode.nil(place);
        };
    }

    private static ConfigNode object(JsonParser parser, Place place) {
        ConfigNode object = ConfigNode.object(place);
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            String path = place.path().isEmpty() ? key : place.path() + "." + key;
            object.put(key, node(parser, parser.nextToken(), path));
        }
        return object;
    }

    private static ConfigNode array(JsonParser parser, Place place) {
        ConfigNode array = ConfigNode.array(place);
        int i = 0;
        for (JsonToken token = parser.nextToken();
                token != JsonToken.END_ARRAY;
                token = parser.nextToken()) {
            array.add(node(parser, token, place.path() + "[" + i++ + "]"));
        }
        return array;
    }
}
