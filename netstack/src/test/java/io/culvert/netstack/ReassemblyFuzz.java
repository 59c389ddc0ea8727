package io.culvert.netstack;

import static io.culvert.netstack.FuzzInput.require;
import static io.culvert.netstack.Host.SECOND;
import static io.culvert.netstack.PacketBuilder.packet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Fragments of a few datagrams in any order, cut anywhere, repeated, overlapping, from other
 * datagrams of the same identification, with time between them. A plain model with a list for each
 * datagram says which are whole (RFC 791 section 3.2, RFC 8200 section 4.5, RFC 5722).
 */
public final class ReassemblyFuzz {
    private static final int MAX_STEPS = 96;
    private static final int DATAGRAMS = 6;
    private static final int LARGEST = 3000;
    private static final int PORT = 2000;

    /** The engine's own limit, which an honest sender does not meet. */
    private static final int MOST_FRAGMENTS = 64;

    private final FuzzInput input;
    private final Host host = new Host(b -> b.smallestFragment(8));
    private final UdpLog log = new UdpLog();
    private final Map<Integer, Datagram> open = new HashMap<>();
    private final List<byte[]> expected = new ArrayList<>();
    private final byte[][] whole = new byte[DATAGRAMS][];

    private record Piece(int start, int end, boolean more) {}

    /** What came of one datagram. */
    private static final class Datagram {
        private final List<Piece> pieces = new ArrayList<>();
        private final byte[] bytes = new byte[LARGEST];
        private final long begun;
        private boolean contradicted;

        private Datagram(long begun) {
            this.begun = begun;
        }

        /** RFC 5722: one contradiction spoils all of it. An exact repetition is none. */
        private void add(Piece p, byte[] from) {
            if (contradicted || pieces.contains(p)) {
                return;
            }
            contradicted = pieces.size() == MOST_FRAGMENTS;
            for (Piece q : pieces) {
                contradicted |= p.start < q.end && q.start < p.end;
                contradicted |= !p.more && (q.end > p.end || !q.more);
                contradicted |= !q.more && p.end > q.end;
            }
            pieces.add(p);
            System.arraycopy(from, p.start, bytes, p.start, p.end - p.start);
        }

        /** Its length, -1 while it isn't whole. */
        private int length() {
            int held = pieces.stream().mapToInt(p -> p.end - p.start).sum();
            int last = pieces.stream().filter(p -> !p.more).mapToInt(Piece::end).sum();
            return !contradicted && last > 0 && held == last ? last : -1;
        }
    }

    private ReassemblyFuzz(FuzzInput input) {
        this.input = input;
    }

    public static void fuzzerTestOneInput(byte[] data) {
        FuzzInput input = new FuzzInput(data);
        ReassemblyFuzz run = new ReassemblyFuzz(input);
        run.begin();
        for (int step = 0; step < MAX_STEPS && !input.isEmpty(); step++) {
            run.step();
        }
        run.end();
    }

    /** The payloads of whole packets: UDP header, and numbers behind it. */
    private void begin() {
        host.stack.udp(false, PORT, log);
        host.stack.udp(true, PORT, log);
        for (int i = 0; i < DATAGRAMS; i++) {
            byte[] data = new byte[500 * i];
            for (int at = 0; at < data.length; at++) {
                data[at] = (byte) ((at * (2 * i + 1)) >> 3);
            }
            byte[] packet = from(i).udp(1, PORT, data).build();
            whole[i] = Arrays.copyOfRange(packet, isV6(i) ? 40 : 20, packet.length);
        }
    }

    private static boolean isV6(int datagram) {
        return datagram % 2 == 1;
    }

    private static PacketBuilder from(int datagram) {
        return isV6(datagram) ? packet(Host.PEER6, Host.OWN6) : packet(Host.PEER4, Host.OWN4);
    }

    private void step() {
        int decision = input.octet();
        if (decision >= 0xf0) {
            pass((decision & 15) * SECOND);
            return;
        }
        int datagram = decision % DATAGRAMS;
        // Of one family, identifications may be those of another datagram.
        int id = (decision & 0x80) == 0 ? datagram : datagram % 2 + 2 * (input.octet() % 3);
        byte[] all = whole[datagram];
        int start = cut(all.length, input.octet());
        int end = cut(all.length, input.octet());
        if (start >= end) {
            end = Math.min(all.length, start + 8 * (1 + input.octet() % 64));
        }
        boolean more = end < all.length;
        if ((decision & 0x40) != 0) {
            more = input.flag();
        }
        fragment(datagram, id, start, end, more);
    }

    /** A place where whole words end, or the end. */
    private static int cut(int length, int at) {
        return at == 0xff ? length : (at * length / 0xff) & ~7;
    }

    private void fragment(int datagram, int id, int start, int end, boolean more) {
        byte[] all = whole[datagram];
        byte[] part = Arrays.copyOfRange(all, start, end);
        host.input(from(datagram).id(id).fragment(start, more).payload(17, part));
        host.turn();
        model(datagram, id, new Piece(start, end, more), all);
        require(log.data.size() == expected.size(), "whole when the model's is");
        for (int i = 0; i < expected.size(); i++) {
            require(Arrays.equals(log.data.get(i), expected.get(i)), "what was sent comes out");
        }
        log.data.clear();
        expected.clear();
    }

    private void model(int datagram, int id, Piece p, byte[] from) {
        boolean odd = p.more && (p.end - p.start) % 8 != 0;
        boolean tiny = p.start == 0 && p.end < 8;
        if (p.start == 0 && !p.more) {
            expect(datagram, Arrays.copyOf(from, p.end)); // not a fragment at all (RFC 6946)
            return;
        }
        if (p.end == p.start || odd || tiny) {
            return;
        }
        int key = id << 1 | (isV6(datagram) ? 1 : 0);
        Datagram d = open.computeIfAbsent(key, k -> new Datagram(host.now));
        d.add(p, from);
        int length = d.length();
        if (length >= 0) {
            open.remove(key);
            expect(datagram, Arrays.copyOf(d.bytes, length));
        }
    }

    /** Delivered if its own header agrees: pieces of two datagrams hardly do. */
    private void expect(int datagram, byte[] udp) {
        int length = udp.length < 8 ? 0 : (udp[4] & 0xff) << Byte.SIZE | (udp[5] & 0xff);
        if (length < 8 || length > udp.length) {
            return;
        }
        byte[] packet = from(datagram).payload(17, Arrays.copyOf(udp, length)).build();
        int addresses = isV6(datagram) ? 8 : 12;
        int end = (packet.length + 1) & ~1;
        byte[] summed = Arrays.copyOfRange(packet, addresses, end + 4);
        summed[summed.length - 1] = 17;
        summed[summed.length - 3] = (byte) length;
        summed[summed.length - 4] = (byte) (length >> Byte.SIZE);
        if (PacketBuilder.naiveChecksum(summed) == 0) {
            expected.add(Arrays.copyOfRange(udp, 8, length));
        }
    }

    /** What isn't whole is forgotten after 15 and 60 s; its sender hears of it if it may. */
    private void pass(long nanos) {
        host.advance(nanos);
        open.entrySet()
                .removeIf(e -> {
                    long life = (e.getKey() & 1) == 0 ? 15 * SECOND : 60 * SECOND;
                    return host.now - e.getValue().begun >= life;
                });
    }

    private void end() {
        Counters c = host.stack.counters();
        require(c.ipReasmOks <= c.ipReasmReqds, "no datagram without fragments");
        pass(60 * SECOND);
        require(open.isEmpty() && host.stack.timers.armed() == 0, "nothing waits for ever");
        host.close();
    }
}
