package io.culvert.interop;

import java.util.List;
import java.util.regex.Pattern;

/** A {@link Relay} in a namespace, seen from the test: what passed it, and its commands. */
record Wire(Spawned relay) {
    static final int PORT = 51900;
    static final int INITIATION = 1;
    static final int DATA = 4;

    private static final Pattern LINE = Pattern.compile("(\\d+) ([<>]) (\\d+) (\\d+)");

    /** A datagram that passed; {@code up} is away from the side that the relay listens on. */
    record Datagram(long millis, boolean up, int length, int type) {}

    /** On {@link #PORT} of every address of {@code host}; to nowhere without a target. */
    static Wire in(Namespace host, String... target) {
        String[] arguments = new String[target.length + 1];
        arguments[0] = Integer.toString(PORT);
        System.arraycopy(target, 0, arguments, 1, target.length);
        Spawned relay = host.spawnJava(Relay.class, arguments);
        relay.awaitText("relay ready", Lab.SOON);
        return new Wire(relay);
    }

    void command(String command) {
        relay.say(command);
        relay.awaitText("done " + command, Lab.SOON);
    }

    List<Datagram> datagrams() {
        return relay.text()
                .lines()
                .map(LINE::matcher)
                .filter(java.util.regex.Matcher::matches)
                .map(m ->
                        new Datagram(
                                Long.parseLong(m.group(1)),
                                m.group(2).equals(">"),
                                Integer.parseInt(m.group(3)),
                                Integer.parseInt(m.group(4))))
                .toList();
    }

    /** Those away from the relay's own side that have this type. */
    List<Datagram> sent(int type) {
        return datagrams().stream().filter(d -> d.up && d.type == type).toList();
    }
}
