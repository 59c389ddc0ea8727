package io.culvert.netstack;

import static io.culvert.netstack.IpHeader.LONG;
import static io.culvert.netstack.IpHeader.u16;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * All UDP of a stack (RFC 768): finds the socket or flow of a datagram, and takes turns at output.
 */
final class UdpLayer {
    /** Ephemeral ports as Linux has them, out of RFC 6056's range. */
    private static final int FIRST_PORT = 32768;

    private static final int PORTS = 61000 - FIRST_PORT;

    private final NetStack stack;
    private final SipHash hash;
    private final UdpTable bound;
    private final UdpTable flows;
    private final UdpFlowAges ages;
    private @Nullable MemorySegment quote;
    private @Nullable UdpSocket firstOutput;
    private @Nullable UdpSocket lastOutput;
    private @Nullable UdpSocket untimed;
    private int live;
    private long portsChosen;

    UdpLayer(NetStack stack, SipHash hash) {
        this.stack = stack;
        this.hash = hash;
        bound = new UdpTable(hash);
        flows = new UdpTable(hash);
        ages = new UdpFlowAges(hash);
    }

    UdpSocket bind(boolean ipv6, int port, UdpHandler handler) {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " is outside 0..65535");
        }
        if (!stack.addresses.has(ipv6)) {
            throw new IllegalStateException("no own " + (ipv6 ? "IPv6" : "IPv4") + " address");
        }
        int family = ipv6 ? 6 : 4;
        int chosen = port == 0 ? freePort(family) : port;
        if (bound.find(family, 0, chosen) != null) {
            throw new IllegalStateException("UDP port " + port + " is taken");
        }
        InetSocketAddress local =
                IpAddress.toSocketAddress(
                        stack.addresses.hi(ipv6), stack.addresses.lo(ipv6), chosen);
        UdpSocket socket = new UdpSocket(stack, ipv6, false, UdpKey.bound(family, chosen), local);
        socket.handler(handler);
        bound.add(socket);
        live++;
        return socket;
    }

    /** A port that can't be guessed (RFC 6056, RFC 5452). */
    private int freePort(int family) {
        int start = Math.floorMod(hash.strong(family, 0, portsChosen++), PORTS);
        for (int i = 0; i < PORTS; i++) {
            int port = FIRST_PORT + (start + i) % PORTS;
            if (bound.find(family, 0, port) == null) {
                return port;
            }
        }
        throw new IllegalStateException("no free UDP port");
    }

    void input(Packet p, long now) {
        Counters counters = stack.counters;
        MemorySegment m = p.memory;
        long at = p.transportOffset;
        int length = p.transportLength < UdpSocket.HEADER ? 0 : u16(m, at + 4);
        if (length < UdpSocket.HEADER || length > p.transportLength) {
            counters.udpInErrors++;
            return;
        }
        int source = u16(m, at);
        int destination = u16(m, at + 2);
        if (destination == 0) {
            counters.udpInErrors++;
            return;
        }
        boolean forwarding = stack.forwarder() != null;
        UdpSocket socket = p.local ? bound.find(p.v6 ? 6 : 4, 0, destination) : null;
        if (socket == null && forwarding) {
            socket = flow(p.srcHi, p.srcLo, source, p.dstHi, p.dstLo, destination);
        }
        if (socket != null) {
            socket.arrive(p, length, now);
            return;
        }
        int sum = Checksum.sum(m, at + UdpSocket.HEADER, length - UdpSocket.HEADER);
        if (!checksumHolds(p, length, sum)) {
            counters.udpInCsumErrors++;
        } else if (forwarding && source != 0) {
            open(p, source, destination).arrive(p, length, now);
        } else {
            counters.udpNoPorts++;
            stack.icmp.portUnreachable(p, now);
        }
    }

    /**
     * Whether the checksum of the datagram of {@code length} bytes holds, given the sum of its
     * payload. 0 means that IPv4's sender made none (RFC 768), and isn't allowed with IPv6 (RFC
     * 8200 section 8.1).
     */
    static boolean checksumHolds(Packet p, int length, int payloadSum) {
        if (u16(p.memory, p.transportOffset + 6) == 0) {
            return !p.v6;
        }
        int header = Checksum.sum(p.memory, p.transportOffset, UdpSocket.HEADER);
        int pseudo =
                Checksum.pseudoHeader(
                        p.srcHi, p.srcLo, p.dstHi, p.dstLo, IpHeader.PROTOCOL_UDP, length);
        return Checksum.add(Checksum.add(header, payloadSum), pseudo) == 0xffff;
    }

    private @Nullable UdpSocket flow(
            long hi, long lo, int port, long farHi, long farLo, int farPort) {
        return stack.config.udpMapping() == UdpMapping.CONE
                ? flows.find(hi, lo, port)
                : flows.find(hi, lo, port, farHi, farLo, farPort);
    }

    private UdpSocket open(Packet p, int port, int destination) {
        if (ages.count(p.partyHi, p.partyLo) >= stack.config.udpFlowsPerParty()) {
            evict(ages.oldestOf(p.partyHi, p.partyLo));
        } else if (flows.size() >= stack.config.udpFlows()) {
            evict(ages.victim());
        }
        InetSocketAddress client = IpAddress.toSocketAddress(p.srcHi, p.srcLo, port);
        UdpKey key = UdpKey.of(p, port, destination, stack.config.udpMapping());
        UdpSocket flow = new UdpSocket(stack, p.v6, true, key, client);
        flows.add(flow);
        ages.add(flow);
        live++;
        stack.counters.udpFlowsOpened++;
        return flow;
    }

    private void evict(@Nullable UdpSocket victim) {
        if (victim != null) {
            stack.counters.udpFlowsEvicted++;
            victim.close();
        }
    }

    /** ICMP says something about a datagram of ours; false if it can't be one. */
    boolean icmpError(Packet quoted, Unreachable kind, int mtu, long now) {
        int source = u16(quoted.memory, quoted.transportOffset);
        int destination = u16(quoted.memory, quoted.transportOffset + 2);
        UdpSocket socket = null;
        int remote = -1;
        if (stack.addresses.contains(quoted.srcHi, quoted.srcLo)) {
            socket = bound.find(quoted.v6 ? 6 : 4, 0, source);
            if (socket != null) {
                remote = socket.sentTo(quoted.dstHi, quoted.dstLo, destination);
            }
        }
        if (remote < 0) {
            socket =
                    flow(
                            quoted.dstHi,
                            quoted.dstLo,
                            destination,
                            quoted.srcHi,
                            quoted.srcLo,
                            source);
            if (socket != null) {
                remote = socket.sentTo(quoted.srcHi, quoted.srcLo, source);
            }
        }
        if (socket == null || remote < 0) {
            return false;
        }
        switch (kind) {
            case PACKET_TOO_BIG -> {
                if (mtu >= quoted.length) {
                    return false;
                }
                stack.pathMtu.lower(quoted.dstHi, quoted.dstLo, mtu, now);
                socket.tooBig(remote);
            }
            case TIME_EXCEEDED, PARAMETER_PROBLEM -> {
                // Hints that need no action (RFC 1122 section 4.1.3.3).
            }
            default -> socket.report(remote, kind);
        }
        return true;
    }

    /**
     * Sends ICMP about the flow's last datagram to a destination, whose UDP header was {@code
     * header}.
     */
    void refuse(UdpSocket flow, long dstHi, long dstLo, int port, long header, Refusal how) {
        MemorySegment m = quote;
        if (m == null) {
            m = Arena.ofAuto().allocate(IpHeader.V6_LENGTH + UdpSocket.HEADER, 8);
            quote = m;
        }
        long udp = header;
        if (udp == 0) {
            udp = (long) (flow.key.port() << 16 | port) << 32 | (long) UdpSocket.HEADER << 16;
        }
        int length = (int) (udp >>> 16) & 0xffff;
        int n =
                IpHeader.write(
                        m,
                        0,
                        flow.key.hi(),
                        flow.key.lo(),
                        dstHi,
                        dstLo,
                        IpHeader.PROTOCOL_UDP,
                        length,
                        0,
                        stack.config.hopLimit(),
                        0,
                        false);
        m.set(LONG, n, udp);
        stack.icmp.unreachable(m, 0, n + UdpSocket.HEADER, how, stack.now());
    }

    void active(UdpSocket flow) {
        ages.touch(flow);
    }

    /** The socket is closed: nothing more finds it. */
    void detach(UdpSocket socket) {
        if (socket.isForwarded()) {
            flows.remove(socket);
            ages.remove(socket);
        } else {
            bound.remove(socket);
        }
    }

    /** A closed socket has nothing more to send. */
    void gone() {
        live--;
    }

    /** The socket queued something; when, is what {@link #time} says next. */
    void hasOutput(UdpSocket socket) {
        if (!socket.isUntimed) {
            socket.isUntimed = true;
            socket.nextUntimed = untimed;
            untimed = socket;
        }
        enqueue(socket);
    }

    /** The driver says what time it is: what was sent since it did last was sent now. */
    void time(long now) {
        for (UdpSocket s = untimed; s != null; s = untimed) {
            untimed = s.nextUntimed;
            s.nextUntimed = null;
            s.isUntimed = false;
            s.output.time(now);
        }
    }

    private void enqueue(UdpSocket socket) {
        if (socket.inOutput) {
            return;
        }
        socket.inOutput = true;
        socket.nextOutput = null;
        if (lastOutput == null) {
            firstOutput = socket;
        } else {
            lastOutput.nextOutput = socket;
        }
        lastOutput = socket;
    }

    /** The socket whose turn it is, null if none has output. */
    private @Nullable UdpSocket turn() {
        while (firstOutput != null && firstOutput.output.isEmpty()) {
            takeTurn(firstOutput);
        }
        return firstOutput;
    }

    private void takeTurn(UdpSocket socket) {
        firstOutput = socket.nextOutput;
        if (firstOutput == null) {
            lastOutput = null;
        }
        socket.nextOutput = null;
        socket.inOutput = false;
    }

    boolean hasOutput() {
        return turn() != null;
    }

    /** Writes the next datagram's packet, of one socket after the other; 0 = none. */
    int pull(MemorySegment m, long offset, long now) {
        UdpSocket socket = turn();
        if (socket == null) {
            return 0;
        }
        takeTurn(socket);
        dropLate(socket, now);
        int n = stack.output.pull(socket.output, socket.label, m, offset, now);
        if (!socket.output.isEmpty()) {
            enqueue(socket);
        }
        socket.pulled(now);
        return n;
    }

    /** What stands in the queue gives way to what is newer; never the last one. */
    private void dropLate(UdpSocket socket, long now) {
        RecordQueue output = socket.output;
        while (socket.delay.drops(
                now - output.headTime(),
                output.bytes() <= stack.config.mtu() || output.bytesBehindHead() == 0,
                now)) {
            output.remove();
            stack.counters.udpOutLate++;
        }
    }

    /** Sockets and flows, with closed ones whose last datagrams aren't out. */
    int live() {
        return live;
    }

    void close() {
        while (firstOutput != null) {
            UdpSocket socket = firstOutput;
            takeTurn(socket);
            socket.abort();
        }
        for (UdpSocket s = bound.any(); s != null; s = bound.any()) {
            s.abort();
        }
        for (UdpSocket s = flows.any(); s != null; s = flows.any()) {
            s.abort();
        }
    }
}
