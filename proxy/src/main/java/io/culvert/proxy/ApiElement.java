package io.culvert.proxy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An inbound, an outbound or a user of a file, as {@link ApiClient} sends it. What a file says of
 * it and the API can't is an error: it would be something else than was asked for.
 */
public final class ApiElement {
    private final String tag;
    private final String name;
    private final ProtoWriter message;

    private ApiElement(String tag, String name, ProtoWriter message) {
        this.tag = tag;
        this.name = name;
        this.message = message;
    }

    /** The inbound's or outbound's. */
    public String tag() {
        return tag;
    }

    /** The user's; empty for others. */
    public String name() {
        return name;
    }

    /** May hold secrets. */
    ProtoWriter message() {
        return message;
    }

    /** The file's inbounds; empty if anything in them is (reported) wrong. */
    public static List<ApiElement> inbounds(ConfigNode file, Problems problems) {
        return each(file, "inbounds", problems, ApiElement::inbound);
    }

    /** The file's outbounds; empty if anything in them is (reported) wrong. */
    public static List<ApiElement> outbounds(ConfigNode file, Problems problems) {
        return each(file, "outbounds", problems, ApiElement::outbound);
    }

    /** The users of the file's inbounds; empty if anything in them is (reported) wrong. */
    public static List<ApiElement> users(ConfigNode file, Problems problems) {
        return each(file, "inbounds", problems, ApiElement::users);
    }

    private interface Maker {
        List<ApiElement> of(ConfigNode node, ConfigNode copy, Problems problems);
    }

    private static List<ApiElement> each(
            ConfigNode file, String key, Problems problems, Maker maker) {
        List<ApiElement> all = new ArrayList<>();
        for (ConfigNode node : elements(file, key, problems)) {
            Problems own = new Problems();
            all.addAll(maker.of(node, node.copy(), own));
            own.errors().forEach(problem -> problems.error(problem.place(), problem.sentence()));
        }
        return problems.hasErrors() ? List.of() : all;
    }

    private static List<ApiElement> inbound(ConfigNode node, ConfigNode copy, Problems problems) {
        Plan.InboundPlan plan = new ConfigReader(problems, System::getenv).inbound(node);
        if (plan == null) {
            return List.of();
        }
        return one(plan.tag(), new ProtoInbound(copy).write(plan), node, copy, problems);
    }

    private static List<ApiElement> outbound(ConfigNode node, ConfigNode copy, Problems problems) {
        Plan.OutboundPlan plan = new ConfigReader(problems, System::getenv).outbound(node);
        if (plan == null) {
            return List.of();
        }
        return one(plan.tag(), new ProtoOutbound(copy).write(plan), node, copy, problems);
    }

    private static List<ApiElement> one(
            String tag,
            @Nullable ProtoWriter message,
            ConfigNode node,
            ConfigNode copy,
            Problems problems) {
        if (message == null) {
            problems.error(node.member("protocol"), "is none that can be added by the API");
            return List.of();
        }
        reportLeft(node, copy, problems);
        return List.of(new ApiElement(tag, "", message));
    }

    private static List<ApiElement> users(ConfigNode node, ConfigNode copy, Problems problems) {
        List<ApiElement> all = new ArrayList<>();
        Plan.InboundPlan plan = new ConfigReader(problems, System::getenv).inbound(node);
        if (plan != null && plan.tag().isEmpty()) {
            node.member("tag").isPresent(problems, "the inbound that gets the users");
        } else if (plan != null) {
            for (ProtoInbound.User user : new ProtoInbound(copy).users(plan, problems)) {
                all.add(new ApiElement(plan.tag(), user.name(), user.message()));
            }
        }
        return all;
    }

    private static List<ConfigNode> elements(ConfigNode file, String key, Problems problems) {
        ConfigNode list = file.member(key);
        List<ConfigNode> elements = list.objects(problems);
        if (elements.isEmpty() && !problems.hasErrors()) {
            problems.error(list, "holds nothing that could be added");
        }
        return elements;
    }

    /**
     * What the message leaves out.
     *
     * @param read by somebody who knows all that Culvert knows
     * @param written by somebody who knows what messages can say
     */
    private static void reportLeft(ConfigNode read, ConfigNode written, Problems problems) {
        Set<Place> unknown = new HashSet<>(unused(read));
        for (Place left : unused(written)) {
            if (!unknown.contains(left)) {
                problems.error(left, "cannot be given by the API");
            }
        }
    }

    private static List<Place> unused(ConfigNode node) {
        Problems found = new Problems();
        node.reportUnused(found);
        return found.warnings().stream().map(Problems.Problem::place).toList();
    }

    /** {@code xray.common.serial.TypedMessage}. */
    static ProtoWriter typed(String type, ProtoWriter value) {
        return new ProtoWriter().text(1, type).bytes(2, value.toBytes());
    }

    /** Marks what says of a transport that it is none. */
    static void acceptPlainStream(ConfigNode node) {
        if (!node.has("streamSettings")) {
            return;
        }
        ConfigNode stream = node.member("streamSettings");
        // Others than these were found to be wrong.
        stream.member("network").accept();
        stream.member("security").accept();
    }
}
