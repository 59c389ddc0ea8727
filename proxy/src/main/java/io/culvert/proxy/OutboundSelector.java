package io.culvert.proxy;

import java.util.ArrayList;
import java.util.List;

/**
 * Which outbounds a balancer or an observatory takes: those whose tags begin with one of the texts.
 */
record OutboundSelector(List<String> prefixes) {

    OutboundSelector {
        prefixes = List.copyOf(prefixes);
    }

    /**
     * Reads a {@code selector}.
     *
     * @param tags of the outbounds that there are; each text has to take one of them
     */
    static OutboundSelector read(ConfigNode node, List<String> tags, Problems problems) {
        List<ConfigNode> entries = node.textsOrCommas(problems);
        if (entries.isEmpty()) {
            boolean wrongType =
                    !node.isAbsent()
                            && node.kind() != ConfigNode.Kind.STRING
                            && node.kind() != ConfigNode.Kind.ARRAY;
            if (!wrongType && node.elements().isEmpty()) {
                problems.error(node, "needs at least one text with which tags of outbounds begin");
            }
        }
        List<String> prefixes = new ArrayList<>();
        for (ConfigNode entry : entries) {
            String text = entry.string(problems, "");
            if (tags.stream().noneMatch(tag -> tag.startsWith(text))) {
                problems.error(entry, "no outbound has a tag that begins with \"" + text + "\"");
            }
            prefixes.add(text);
        }
        return new OutboundSelector(prefixes);
    }

    /** Those that it takes of these, in their order. */
    List<String> of(List<String> tags) {
        return tags.stream()
                .filter(tag -> !tag.isEmpty() && prefixes.stream().anyMatch(tag::startsWith))
                .toList();
    }
}
