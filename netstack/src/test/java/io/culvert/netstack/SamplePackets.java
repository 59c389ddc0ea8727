package io.culvert.netstack;

import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.OWN6;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.PEER6;
import static io.culvert.netstack.PacketBuilder.bytes;
import static io.culvert.netstack.PacketBuilder.packet;

import java.util.ArrayList;
import java.util.List;

/** Packets of every kind that a stack knows, to be spoilt by tests. */
final class SamplePackets {
    /** To own addresses and forwarded ones, of both families. */
    static final List<byte[]> ALL = all();

    private SamplePackets() {}

    private static List<byte[]> all() {
        List<byte[]> all = new ArrayList<>();
        byte[] padded = bytes(0, 1, 4, 0, 0, 0, 0);
        byte[] routing = bytes(0, 3, 1, 0, 0, 0, 0);
        String[][] ways = {
            {PEER4, OWN4}, {PEER4, "9.9.9.9"}, {PEER6, OWN6}, {PEER6, "2001:db8::1"}
        };
        for (String[] way : ways) {
            all.add(packet(way[0], way[1]).udp(1000, 2000, new byte[100]).build());
            all.add(packet(way[0], way[1]).udp(1001, 53, new byte[0]).build());
            all.add(
                    packet(way[0], way[1])
                            .tcp(5, 80, 1, 2, 2, 3, bytes(2, 4, 5, 0), new byte[30])
                            .build());
            all.add(packet(way[0], way[1]).icmp(8, 0, 1, new byte[30]).build());
            all.add(packet(way[0], way[1]).icmp(128, 0, 1, new byte[30]).build());
            byte[] quoted = packet(way[1], way[0]).udp(2000, 1000, new byte[30]).build();
            for (int type : new int[] {1, 2, 3, 4, 11, 12}) {
                all.add(packet(way[0], way[1]).icmp(type, 3, 1000, quoted).build());
            }
            all.addAll(
                    packet(way[0], way[1]).id(7).udp(1000, 2000, new byte[3000]).fragments(1400));
        }
        all.add(packet(PEER4, OWN4).options(7, 7, 4, 0, 0, 0, 0, 0).udp(1, 2, new byte[9]).build());
        all.add(
                packet(PEER6, OWN6)
                        .extension(0, padded)
                        .extension(43, routing)
                        .extension(60, padded)
                        .udp(1, 2000, new byte[9])
                        .build());
        return List.copyOf(all);
    }
}
