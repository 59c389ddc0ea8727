package io.culvert.interop;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** tcpdump on every interface of a host but the loopback. */
final class Sniffer {
    private static final AtomicInteger MARK = new AtomicInteger();

    private final Namespace host;
    private final Spawned tcpdump;

    Sniffer(Namespace host) {
        this.host = host;
        tcpdump =
                host.spawn(
                        Map.of(),
                        "tcpdump",
                        "-n",
                        "-q",
                        "-l",
                        "--immediate-mode",
                        "-i",
                        "any",
                        "ip or (ip6 and not icmp6)");
        tcpdump.awaitText("listening on", Lab.SOON);
    }

    /**
     * What was seen until now: of this those that were, {@code PROTOCOL ADDRESS.PORT} as tcpdump
     * writes them, and each packet of another kind as it is.
     *
     * @param neighbour who answers a ping, behind which nothing is under way any more
     */
    Set<String> seen(String neighbour, Collection<String> expected) {
        String size = Integer.toString(200 + MARK.incrementAndGet());
        host.attempt(Lab.SOON, "ping", "-c", "1", "-W", "5", "-s", size, neighbour);
        String mark = "length " + (Integer.parseInt(size) + 8);
        tcpdump.await(mark, Lab.SOON, () -> lines().stream().anyMatch(line -> isEcho(line, mark)));
        Set<String> seen = new TreeSet<>();
        for (String packet : lines().stream().takeWhile(line -> !isEcho(line, mark)).toList()) {
            // The kernel's own, behind an extension header that the filter looks past.
            if (!packet.contains("multicast listener report")) {
                seen.add(
                        expected.stream()
                                .filter(flow -> isOf(packet, flow))
                                .findFirst()
                                .orElse(packet));
            }
        }
        return seen;
    }

    /** Such as {@code wlan0 Out IP 192.0.2.1.40000 > 192.0.2.2.51820: UDP, length 148}. */
    private List<String> lines() {
        try (Stream<String> lines = tcpdump.text().lines()) {
            return lines.filter(line -> line.contains(" IP ") || line.contains(" IP6 "))
                    .map(line -> line.substring(line.indexOf(' ') + 1).replaceAll(" +", " "))
                    .filter(line -> !line.startsWith("lo "))
                    .toList();
        }
    }

    private static boolean isEcho(String line, String mark) {
        return line.contains(": ICMP echo re") && line.endsWith(mark);
    }

    private static boolean isOf(String packet, String flow) {
        String[] parts = flow.split(" ", -1);
        String end = " " + parts[1];
        return (packet.contains(end + " > ") || packet.contains(end + ": "))
                && packet.contains(parts[0].equals("udp") ? ": UDP," : ": tcp ");
    }
}
