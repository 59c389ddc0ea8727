package io.culvert.proxy;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Ports as Xray writes them: a number, or text such as {@code 80}, {@code 1000-2000,443}. */
final class PortSet {

    /** Every port. */
    static final PortSet ALL = all();

    private static final String WANTED =
            "must be a port from 0 to 65535, or ports such as \"80,443,8000-8100\"";

    private final BitSet ports;

    private PortSet(BitSet ports) {
        this.ports = ports;
    }

    /** Reads a port set; null where it is absent or (reported) wrong. */
    static @Nullable PortSet read(ConfigNode node, Problems problems) {
        List<Integer> list = list(node, problems, name -> null);
        if (list == null) {
            return null;
        }
        BitSet ports = new BitSet();
        list.forEach(ports::set);
        return new PortSet(ports);
    }

    /**
     * Reads ports in the order written; null where they are absent or (reported) wrong.
     *
     * @param environment finds the value of {@code env:NAME}
     */
    static @Nullable List<Integer> list(
            ConfigNode node, Problems problems, UnaryOperator<@Nullable String> environment) {
        if (node.isAbsent()) {
            return null;
        }
        if (node.kind() == ConfigNode.Kind.INTEGER) {
            int port = (int) node.integer(problems, 0, 65535, -1);
            return port < 0 ? null : List.of(port);
        }
        if (node.kind() != ConfigNode.Kind.STRING) {
            problems.error(node, WANTED);
            return null;
        }
        String text = node.string(problems, "");
        if (text.startsWith("env:")) {
            String name = text.substring("env:".length());
            String value = environment.apply(name);
            if (value == null) {
                problems.error(node, "the environment has no variable " + name);
                return null;
            }
            text = value;
        }
        List<Integer> ports = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            if (!range(part.strip(), ports)) {
                problems.error(node, WANTED + ", not \"" + text + "\"");
                return null;
            }
        }
        return ports;
    }

    boolean contains(int port) {
        return ports.get(port);
    }

    /** Whether it takes in a port of that network; of pings, which have none, only all can. */
    boolean contains(Network network, int port) {
        return network == Network.ICMP ? ports.nextClearBit(1) > 65535 : contains(port);
    }

    private static boolean range(String part, List<Integer> into) {
        int dash = part.indexOf('-');
        int from = port(dash < 0 ? part : part.substring(0, dash).strip());
        int to = dash < 0 ? from : port(part.substring(dash + 1).strip());
        if (from < 0 || to < from) {
            return false;
        }
        for (int port = from; port <= to; port++) {
            into.add(port);
        }
        return true;
    }

    /** The port a text spells, or -1. */
    static int port(String text) {
        if (text.isEmpty() || text.length() > 5) {
            return -1;
        }
        int port = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            port = port * 10 + (c - '0');
        }
        return port > 65535 ? -1 : port;
    }

    /** These and no others. */
    static PortSet of(int... ports) {
        BitSet set = new BitSet();
        for (int port : ports) {
            set.set(port);
        }
        return new PortSet(set);
    }

    private static PortSet all() {
        BitSet ports = new BitSet();
        ports.set(0, 65536);
        return new PortSet(ports);
    }
}
