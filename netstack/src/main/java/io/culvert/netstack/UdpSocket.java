package io.culvert.netstack;

import static io.culvert.netstack.IpHeader.INT;
import static io.culvert.netstack.IpHeader.u16;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A bound UDP socket, or a forwarded flow: all datagrams of one source address and port, whatever
 * their destination or for one of them, as {@link UdpMapping} has it. Both directions are queued,
 * each within a bound; what doesn't fit is dropped and counted.
 */
public final class UdpSocket extends Deliverable {
    static final int HEADER = 8;

    /** RFC 768 and RFC 791: a packet has at most 65535 bytes. */
    private static final int MAX_PAYLOAD_V4 = 65535 - IpHeader.V4_LENGTH - HEADER;

    private static final int MAX_PAYLOAD_V6 = 65535 - HEADER;

    /** Whatever the user wants to keep beside the socket. */
    public @Nullable Object attachment;

    private final NetStack stack;
    private final UdpLayer layer;
    private final boolean v6;
    private final boolean forwarded;
    private final InetSocketAddress local;
    private final UdpRemotes remotes = new UdpRemotes();
    private final RecordQueue received;
    private final UdpReports reports = new UdpReports();
    private final UdpIdle idle;
    private @Nullable UdpHandler handler;
    private boolean announced;
    private boolean dontFragment;
    private boolean closed;
    private boolean gone;
    private boolean closeTold;
    private boolean awaitingRoom;

    /** What waits to be pulled: UDP datagrams with headers, without checksum. */
    final RecordQueue output;

    /** Of the last datagram; null: of IPv4. */
    final @Nullable FlowLabel label;

    final CoDel delay = new CoDel();
    final UdpKey key;

    /** Links and class of {@link UdpFlowAges}. */
    int client;

    @Nullable UdpSocket older;
    @Nullable UdpSocket newer;

    /** Links of the sockets that have output, and of those whose time isn't known yet. */
    @Nullable UdpSocket nextOutput;

    @Nullable UdpSocket nextUntimed;
    boolean inOutput;
    boolean isUntimed;

    /**
     * @param forwarded it is a client's flow, else a bound socket
     */
    UdpSocket(NetStack stack, boolean v6, boolean forwarded, UdpKey key, InetSocketAddress local) {
        this.stack = stack;
        this.layer = stack.udp;
        this.v6 = v6;
        label = v6 ? new FlowLabel() : null;
        this.forwarded = forwarded;
        this.key = key;
        this.local = local;
        idle = new UdpIdle(this, stack);
        received = new RecordQueue(stack.pool, stack.config.udpQueueBytes());
        output = new RecordQueue(stack.pool, stack.config.udpQueueBytes());
    }

    boolean isForwarded() {
        return forwarded;
    }

    /** The own address; of a forwarded flow, the client's. */
    public InetSocketAddress local() {
        return local;
    }

    /** The one destination of a flow of {@link UdpMapping#FLOW}; null of everything else. */
    public @Nullable InetSocketAddress destination() {
        return key.destination();
    }

    /**
     * Whether what is larger than the path's MTU is dropped and counted rather than sent in
     * fragments. The handler hears of a router that finds a datagram too big. Default: false.
     */
    public void dontFragment(boolean on) {
        dontFragment = on;
    }

    /** Most bytes of payload that go to {@code address}, or to the client, in one packet. */
    public int unfragmentedPayload(InetSocketAddress address) {
        long hi = forwarded ? key.hi() : IpAddress.hi(address.getAddress());
        long lo = forwarded ? key.lo() : IpAddress.lo(address.getAddress());
        return stack.pathMtu.get(hi, lo, stack.now()) - IpHeader.length(hi, lo) - HEADER;
    }

    /** Whether the socket is closed, by whomever. */
    public boolean isClosed() {
        return closed;
    }

    /** Sets who hears of this socket's news; it hears of what waits already. */
    public void handler(UdpHandler handler) {
        this.handler = handler;
        if (!received.isEmpty()) {
            stack.events.add(this);
        }
    }

    /**
     * Takes the next datagram out of the queue. Its chunk belongs to the caller, who releases it.
     *
     * @return false if there is none
     */
    public boolean receive(UdpDatagram out) {
        if (received.isEmpty()) {
            return false;
        }
        Chunk chunk = received.headChunk();
        chunk.retain();
        int meta = received.headMeta();
        int remote = remotes.touch(received.headHiA(), received.headLoA(), meta >>> 8);
        out.address = remotes.address(remote);
        out.chunk = chunk;
        out.offset = received.headOffset();
        out.length = received.headLength();
        out.trafficClass = meta & 0xff;
        received.remove();
        return true;
    }

    /** Sends a copy of the datagram with a traffic class of 0. */
    public void send(InetSocketAddress address, MemorySegment m, long offset, int length) {
        send(address, 0, m, offset, length);
    }

    /**
     * Sends a copy of the datagram: of a bound socket to {@code address}; of a forwarded flow to
     * the client, as if {@code address} had sent it. What is larger than the path's MTU leaves in
     * fragments. Dropped and counted if the queue is full, the socket closed, or the datagram can't
     * be sent at all.
     *
     * @param address resolved, of the socket's family; of a flow of {@link UdpMapping#FLOW} its
     *     destination
     * @param trafficClass DSCP and ECN, 0..255
     */
    public void send(
            InetSocketAddress address, int trafficClass, MemorySegment m, long offset, int length) {
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("unresolved address " + address);
        }
        if (length < 0 || offset < 0 || offset > m.byteSize() - length) {
            throw new IndexOutOfBoundsException(
                    length + " bytes at " + offset + " of " + m.byteSize());
        }
        if (closed) {
            return;
        }
        int i = remotes.touch(address);
        boolean fits =
                dontFragment
                        ? length <= unfragmentedPayload(address)
                        : length <= (v6 ? MAX_PAYLOAD_V6 : MAX_PAYLOAD_V4);
        if (!fits || !isPossible(i)) {
            stack.counters.udpOutErrors++;
            return;
        }
        if (!output.reserve(HEADER + length)) {
            stack.counters.udpSndbufErrors++;
            return;
        }
        int from = forwarded ? remotes.port(i) : key.port();
        int to = forwarded ? key.port() : remotes.port(i);
        MemorySegment out = output.reservedMemory();
        long at = output.reservedOffset();
        out.set(INT, at, from << 16 | to);
        out.set(INT, at + 4, (HEADER + length) << 16);
        MemorySegment.copy(m, offset, out, at + HEADER, length);
        enqueue(i, HEADER + length, trafficClass & 0xff);
        stack.counters.udpOutDatagrams++;
        remotes.markSentTo(i);
        layer.hasOutput(this);
    }

    /**
     * Bytes that the send queue still takes; a datagram needs its own length and at most 63 more.
     */
    public int sendSpace() {
        return Math.max(0, stack.config.udpQueueBytes() - output.bytes());
    }

    /** Has {@link UdpHandler#writable} called once, when at most half of the queue is in use. */
    public void awaitRoom() {
        awaitingRoom = true;
    }

    private boolean isPossible(int remote) {
        long hi = remotes.hi(remote);
        long lo = remotes.lo(remote);
        return IpAddress.isV4(hi, lo) != v6
                && IpAddress.isUnicast(hi, lo)
                && remotes.port(remote) != 0
                && key.takesAnswersOf(hi, lo, remotes.port(remote));
    }

    private void enqueue(int remote, int length, int trafficClass) {
        int meta = IpOutput.meta(IpHeader.PROTOCOL_UDP, trafficClass);
        meta |= dontFragment ? IpOutput.DONT_FRAGMENT : 0;
        long hi = remotes.hi(remote);
        long lo = remotes.lo(remote);
        if (forwarded) {
            output.commit(length, meta, hi, lo, key.hi(), key.lo());
            return;
        }
        long ownHi = remotes.localHi(remote);
        long ownLo = remotes.localLo(remote);
        if (ownLo == 0 && ownHi == 0) {
            ownHi = stack.addresses.hi(v6);
            ownLo = stack.addresses.lo(v6);
        }
        output.commit(length, meta, ownHi, ownLo, hi, lo);
    }

    /**
     * Tells a forwarded flow's client that {@code destination} can't be reached, by ICMP that
     * quotes its last datagram there.
     *
     * @throws IllegalStateException on a bound socket
     */
    public void unreachable(InetSocketAddress destination, Refusal how) {
        if (!forwarded) {
            throw new IllegalStateException("a bound socket has no client to tell");
        }
        if (closed || destination.isUnresolved()) {
            return;
        }
        int i = remotes.touch(destination);
        if (isPossible(i)) {
            layer.refuse(
                    this, remotes.hi(i), remotes.lo(i), remotes.port(i), remotes.header(i), how);
        }
    }

    /**
     * Closes the socket and drops what wasn't read; what was sent still leaves. {@link
     * UdpHandler#closed} follows.
     */
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        received.clear();
        layer.detach(this);
        stack.events.add(this);
        if (output.isEmpty()) {
            finish();
        } else {
            idle.linger();
        }
    }

    /** Drops what was sent too. */
    void abort() {
        output.clear();
        close();
        finish();
    }

    /** A packet of the output is out. */
    void pulled(long now) {
        if (awaitingRoom && output.bytes() <= stack.config.udpQueueBytes() / 2) {
            stack.events.add(this);
        }
        if (!closed && forwarded) {
            idle.answered(now);
            layer.active(this);
        } else if (closed && output.isEmpty()) {
            finish();
        }
    }

    private void finish() {
        if (!gone) {
            gone = true;
            idle.stop();
            layer.gone();
        }
    }

    /**
     * Takes a datagram of {@code length} bytes, its header included; the checksum isn't verified
     * yet.
     */
    void arrive(Packet p, int length, long now) {
        int data = length - HEADER;
        if (!received.reserve(data)) {
            stack.counters.udpRcvbufErrors++;
            return;
        }
        MemorySegment m = p.memory;
        long at = p.transportOffset;
        int sum =
                Checksum.copyAndSum(
                        m, at + HEADER, received.reservedMemory(), received.reservedOffset(), data);
        if (!UdpLayer.checksumHolds(p, length, sum)) {
            stack.counters.udpInCsumErrors++;
            received.cancel();
            return;
        }
        int port = u16(m, forwarded ? at + 2 : at);
        long hi = forwarded ? p.dstHi : p.srcHi;
        long lo = forwarded ? p.dstLo : p.srcLo;
        received.commit(data, port << 8 | p.trafficClass, hi, lo, 0, 0);
        int i = remotes.touch(hi, lo, port);
        if (forwarded) {
            remotes.header(i, m.get(IpHeader.LONG, at));
            idle.asked(port, now);
            layer.active(this);
        } else {
            remotes.local(i, p.dstHi, p.dstLo);
        }
        stack.counters.udpInDatagrams++;
        stack.events.add(this);
    }

    /** Whether the socket sent to that remote lately; ICMP about others isn't believed. */
    int sentTo(long hi, long lo, int port) {
        int i = remotes.find(hi, lo, port);
        return i >= 0 && remotes.sentTo(i) ? i : -1;
    }

    /** ICMP said that the remote of {@link #sentTo} can't be reached. */
    void report(int remote, Unreachable kind) {
        if (!closed && reports.add(remotes.address(remote), kind)) {
            stack.events.add(this);
        }
    }

    /** A router says that what went to that remote was too big: who cuts it hears of it. */
    void tooBig(int remote) {
        if (dontFragment) {
            report(remote, Unreachable.PACKET_TOO_BIG);
        }
    }

    @Override
    void deliver() {
        if (forwarded && !announced && !closed) {
            announce();
            return;
        }
        UdpHandler h = handler;
        if (h == null) {
            return;
        }
        reports.deliver(this, h);
        if (!closed && !received.isEmpty()) {
            h.readable(this);
        }
        if (!closed && awaitingRoom && output.bytes() <= stack.config.udpQueueBytes() / 2) {
            awaitingRoom = false;
            h.writable(this);
        }
        if (closed && !closeTold) {
            closeTold = true;
            h.closed(this);
        }
    }

    /** Setting the handler queues the socket again, so that it reads what waits. */
    private void announce() {
        announced = true;
        Forwarder forwarder = stack.forwarder();
        if (forwarder == null) {
            close();
        } else {
            forwarder.udp(this);
        }
    }

    @Override
    public String toString() {
        return (forwarded ? "UDP flow of " : "UDP socket ") + local;
    }
}
