package io.culvert.netstack;

import static io.culvert.netstack.FuzzInput.require;
import static io.culvert.netstack.Host.MILLI;
import static io.culvert.netstack.Host.SECOND;

import java.util.HashSet;
import java.util.Set;

/**
 * Any bytes as IP packets, and packets of every kind with faults, to a stack that has sockets of
 * its own and forwards the rest. Each is counted as what became of it, what comes out is sound and
 * goes to somebody who sent, an error answers no error, and in the end nothing is left.
 */
public final class IpInputFuzz {
    private static final int MAX_STEPS = 64;
    private static final int LARGEST = 2000;

    /** What an ICMP error is at most: RFC 1812 section 4.3.2.3 and RFC 4443 section 3.1. */
    private static final int LARGEST_ERROR_V4 = 576;

    private static final int LARGEST_ERROR_V6 = 1280;

    private final Host host = new Host();
    private final UdpForwards forwards = new UdpForwards();
    private final Set<String> senders = new HashSet<>();

    private IpInputFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        IpInputFuzz run = new IpInputFuzz();
        run.host.stack.forwarder(run.forwards);
        run.host.stack.udp(false, 2000, new UdpLog());
        run.host.stack.udp(true, 2000, new UdpLog());
        run.host.stack.listen(null, 80, c -> new TcpScript.Recorder());
        FuzzInput input = new FuzzInput(data);
        for (int step = 0; step < MAX_STEPS && !input.isEmpty(); step++) {
            run.step(input);
        }
        run.end();
    }

    private void step(FuzzInput input) {
        int decision = input.octet();
        switch (decision & 7) {
            case 0 -> take(input.bytes(input.below(LARGEST)));
            case 1 -> {
                host.stack.forwarder(input.flag() ? forwards : null);
                pass(input.below(40_000) * MILLI);
            }
            default -> {
                byte[] packet = input.mutate(input.oneOf(SamplePackets.ALL));
                if ((decision & 0x10) != 0) {
                    PacketBuilder.fixTransportChecksum(packet);
                }
                if ((decision & 0x20) == 0 && packet.length >= 20 && packet[0] >>> 4 == 4) {
                    PacketBuilder.fixV4Checksum(packet);
                }
                take(packet);
            }
        }
    }

    private void take(byte[] packet) {
        Counters c = host.stack.counters();
        long before = fates(c);
        long headerErrors = c.ipInHdrErrors;
        host.inputAtEnd(packet);
        require(fates(c) > before, "it is counted what became of a packet");
        if (!mayBeIp(packet)) {
            require(c.ipInHdrErrors == headerErrors + 1, "what is no packet is no packet");
        } else {
            senders.add(PacketView.source(packet));
        }
        boolean isError = isIcmpError(packet);
        for (PacketView out : host.turn()) {
            check(out);
            require(!isError || !isIcmpError(out.bytes), "an error answers no error: " + out);
        }
    }

    /** Everything that can become of a packet. */
    private static long fates(Counters c) {
        long dropped =
                c.ipInHdrErrors
                        + c.ipInAddrErrors
                        + c.ipInNoRoutes
                        + c.ipInUnknownProtos
                        + c.ipInExtensionErrors
                        + c.ipInNoNextHeaders
                        + c.ipInHopLimitExceeded
                        + c.ipReasmReqds;
        long udp =
                c.udpInDatagrams
                        + c.udpNoPorts
                        + c.udpInErrors
                        + c.udpInCsumErrors
                        + c.udpRcvbufErrors;
        long tcp = c.tcp.segmentsReceived + c.tcp.headerErrors;
        return dropped + udp + tcp + c.icmpInMsgs;
    }

    /** Version, lengths and IPv4's checksum, by the letter of RFC 791 and RFC 8200. */
    private static boolean mayBeIp(byte[] p) {
        int version = p.length == 0 ? 0 : p[0] >>> 4 & 15;
        if (version == 6) {
            return p.length >= 40 && 40 + u16(p, 4) <= p.length;
        }
        int header = p.length < 20 ? 0 : (p[0] & 15) * 4;
        return version == 4
                && header >= 20
                && u16(p, 2) >= header
                && u16(p, 2) <= p.length
                && PacketBuilder.naiveChecksum(java.util.Arrays.copyOf(p, header)) == 0;
    }

    private static boolean isIcmpError(byte[] p) {
        if (p.length < 41 || !mayBeIp(p)) {
            return false;
        }
        return p[0] >>> 4 == 4
                ? p[0] == 0x45 && p[9] == 1 && (p[20] == 3 || p[20] == 11 || p[20] == 12)
                : p[6] == 58 && p[40] >= 0;
    }

    private void check(PacketView out) {
        require(senders.contains(out.dst), "what comes out goes to somebody who sent: " + out);
        int type = out.payload.length == 0 || out.isFragment() ? -1 : out.payload[0];
        if (out.protocol == 1 && (type == 3 || type == 11)) {
            require(out.bytes.length <= LARGEST_ERROR_V4, "an error is short: " + out);
        } else if (out.protocol == 58 && type >= 0) {
            require(out.bytes.length <= LARGEST_ERROR_V6, "an error is short: " + out);
        }
    }

    private void pass(long nanos) {
        host.advance(nanos).forEach(this::check);
    }

    private void end() {
        pass(400 * SECOND);
        require(host.stack.timers.armed() == 0, "every timer comes to its end");
        host.close();
    }

    private static int u16(byte[] p, int at) {
        return (p[at] & 0xff) << Byte.SIZE | (p[at + 1] & 0xff);
    }
}
