package io.culvert.cli;

import io.culvert.cli.YamlDocument.Node;
import io.culvert.cli.YamlDocument.Refused;
import io.culvert.cli.YamlDocument.Scalar;
import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Place;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a single value in YAML is. Without quotes, its form says so, by the rules of YAML 1.1 that
 * Xray's reader follows: {@code yes} and {@code on} are true, {@code 010} is eight.
 */
final class YamlValue {
    private static final String STANDARD = "tag:yaml.org,2002:";
    private static final Set<String> NULL = Set.of("", "~", "null", "Null", "NULL");
    private static final Set<String> TRUE =
            Set.of("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON");
    private static final Set<String> FALSE =
            Set.of("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF");
    private static final Pattern INTEGER =
            Pattern.compile("([-+]?)(?:0b([01_]+)|0x([0-9a-fA-F_]+)|0o?([0-7_]+)|([0-9][0-9_]*))");
    private static final Pattern DECIMAL =
            Pattern.compile("[-+]?(\\.[0-9]+|[0-9][0-9_]*(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
    private static final Pattern NO_NUMBER =
            Pattern.compile("[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");

    /** Digits of a number that surely is a long. */
    private static final int SURELY_LONG = 15;

    private YamlValue() {}

    static ConfigNode node(Scalar scalar, Place place) throws Refused {
        String tag = scalar.tag().orElse("!");
        if (tag.equals(STANDARD + "str") || (tag.equals("!") && !scalar.plain())) {
            return ConfigNode.string(place, scalar.text());
        }
        ConfigNode node = byForm(scalar.text(), place);
        if (!tag.equals("!") && !tag.equals(STANDARD + name(node.kind()))) {
            throw new Refused("tags other than those of plain types are not read", scalar.mark());
        }
        return node;
    }

    /** Refuses a tag other than this one of YAML's own, or none. */
    static void requireTag(Node node, String name) throws Refused {
        Optional<String> tag = node.tag();
        if (tag.isPresent() && !tag.get().equals("!") && !tag.get().equals(STANDARD + name)) {
            throw new Refused("tags other than those of plain types are not read", node.mark());
        }
    }

    private static ConfigNode byForm(String text, Place place) {
        if (NULL.contains(text)) {
            return ConfigNode.nil(place);
        }
        if (TRUE.contains(text) || FALSE.contains(text)) {
            return ConfigNode.bool(place, TRUE.contains(text));
        }
        var integer = INTEGER.matcher(text);
        if (integer.matches()) {
            for (int i = 2; i <= 5; i++) {
                String digits = integer.group(i) == null ? "" : integer.group(i).replace("_", "");
                int radix = new int[] {2, 16, 8, 10}[i - 2];
                if (!digits.isEmpty() && digits.length() <= SURELY_LONG) {
                    long number = Long.parseLong(integer.group(1) + digits, radix);
                    return ConfigNode.integer(place, number);
                }
            }
        }
        if (DECIMAL.matcher(text).matches()) {
            return ConfigNode.decimal(place, Double.parseDouble(text.replace("_", "")));
        }
        return NO_NUMBER.matcher(text).matches()
                ? ConfigNode.decimal(place, Double.NaN)
                : ConfigNode.string(place, text);
    }

    private static String name(ConfigNode.Kind kind) {
        return switch (kind) {
            case INTEGER -> "int";
            case DECIMAL -> "float";
            case BOOLEAN -> "bool";
            case NULL -> "null";
            default -> "str";
        };
    }
}
