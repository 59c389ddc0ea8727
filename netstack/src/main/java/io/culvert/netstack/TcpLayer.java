package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** All TCP state of a stack: finds the flow of each segment, and holds what flows share. */
final class TcpLayer {
    final NetStack stack;
    final TcpSettings settings;
    final TcpCounters counters;
    final TcpSecrets secrets;
    final TcpFlowTable flows;
    final TcpReplies replies;
    final TcpScheduler scheduler;

    /** A flow's pacing time came: those whose comes soon may leave with it. */
    boolean paced;

    final ChallengeAcks challenges;
    final TcpTimeWaits timeWaits;
    final TcpHalfOpens halfOpens;
    final LeaseReleases releases;
    final ReceiveBudget receiveBudget;
    final TcpCookies cookies;
    final TcpForwarding forwarding;

    private final TcpInput input;
    private final TcpPorts ports;
    private final TcpSegment segment = new TcpSegment();
    private final List<TcpListener> listeners = new ArrayList<>();
    private @Nullable TcpConnection dirtyHead;

    /** Closed connections whose application has not read everything. */
    private final Set<TcpConnection> unread = new LinkedHashSet<>();

    private int connections;
    private boolean closed;

    TcpLayer(NetStack stack) {
        this.stack = stack;
        settings = stack.config.tcp();
        counters = stack.counters.tcp;
        secrets = new TcpSecrets(stack.config);
        flows = new TcpFlowTable(secrets.table);
        replies = new TcpReplies(counters, stack.config.hopLimit());
        halfOpens = new TcpHalfOpens(this);
        int scale = ReceiveWindow.scaleFor(settings.maxReceiveBuffer());
        TcpOutput output = new TcpOutput(secrets, scale, stack.config.hopLimit());
        scheduler = new TcpScheduler(replies, halfOpens, output);
        challenges = new ChallengeAcks(counters, secrets);
        timeWaits = new TcpTimeWaits(this);
        releases = new LeaseReleases(stack.events);
        cookies = new TcpCookies(this);
        receiveBudget = new ReceiveBudget(stack.pool);
        forwarding = new TcpForwarding(this);
        input = new TcpInput(counters, challenges);
        ports = new TcpPorts(this);
    }

    /** A whole TCP packet; addresses are checked, header and checksum aren't. */
    void input(Packet p, long now) {
        TcpSegment s = segment;
        if (!s.parse(p)) {
            counters.headerErrors++;
            return;
        }
        counters.segmentsReceived++;
        int bothPorts = s.destinationPort << 16 | s.sourcePort;
        TcpFlow flow = flows.find(p.dstHi, p.dstLo, p.srcHi, p.srcLo, bothPorts);
        if (flow instanceof TcpConnection c) {
            input.segment(c, s, p, now);
        } else if (!TcpInput.verify(p)) {
            counters.checksumErrors++;
        } else if (flow instanceof TcpTimeWait rest) {
            int after = TcpTimeWaits.sequenceAfter(rest);
            if (timeWaits.arrived(rest, s, now)) {
                open(p, s, bothPorts, after, true, now);
            }
        } else if (flow instanceof TcpHalfOpen h) {
            TcpConnection c = halfOpens.arrived(h, s, now);
            if (c != null) {
                input.segment(c, s, p, now);
            }
        } else if (flow instanceof TcpForwardRequest r) {
            if (forwarding.arrived(r, s, now)) {
                open(p, s, bothPorts, 0, false, now);
            }
        } else if (isOpening(s)) {
            open(p, s, bothPorts, 0, false, now);
        } else if (!isNonsense(s) && !bringsCookie(p, s, bothPorts, now)) {
            replies.reset(p, s, now);
        }
    }

    /** The ACK of a handshake that nobody remembers. */
    private boolean bringsCookie(Packet p, TcpSegment s, int bothPorts, long now) {
        if (!cookies.mayBe(s, now)) {
            return false;
        }
        TcpListener listener = p.local ? listener(p.dstHi, p.dstLo, s.destinationPort) : null;
        TcpAddresses addresses = addresses(p, bothPorts);
        if ((listener == null && stack.forwarder() == null)
                || !cookies.isValid(addresses, s, now)) {
            return false;
        }
        if (listener == null) {
            forwarding.park(addresses, s, p, now);
        } else {
            input.segment(cookies.open(addresses, s, listener, now), s, p, now);
        }
        return true;
    }

    private TcpAddresses addresses(Packet p, int bothPorts) {
        int hash = flows.hash(p.dstHi, p.dstLo, p.srcHi, p.srcLo, bothPorts);
        return new TcpAddresses(p.dstHi, p.dstLo, p.srcHi, p.srcLo, bothPorts, hash);
    }

    /** SYN and nothing that contradicts it. */
    static boolean isOpening(TcpSegment s) {
        int decisive = TcpFlags.SYN | TcpFlags.ACK | TcpFlags.RST | TcpFlags.FIN;
        return (s.flags & decisive) == TcpFlags.SYN;
    }

    /** Combinations that only scanners send (netstack.md O8, S8, S9). */
    private static boolean isNonsense(TcpSegment s) {
        boolean syn = s.has(TcpFlags.SYN);
        return (syn && (s.has(TcpFlags.FIN) || s.has(TcpFlags.RST)))
                || (!syn && !s.has(TcpFlags.ACK) && !s.has(TcpFlags.RST));
    }

    private void open(
            Packet p, TcpSegment s, int bothPorts, int after, boolean hasAfter, long now) {
        if (!mayOpen(p, s)) {
            return;
        }
        TcpAddresses addresses = addresses(p, bothPorts);
        int sequence = hasAfter ? after : secrets.initialSequence(addresses, now);
        TcpListener listener = p.local ? listener(p.dstHi, p.dstLo, s.destinationPort) : null;
        if (listener != null) {
            halfOpens.open(listener, addresses, s, sequence, now);
        } else if (stack.forwarder() != null) {
            forwarding.park(addresses, s, p, sequence, now);
        } else {
            replies.reset(p, s, now);
        }
    }

    /** RFC 9293, MUST-57 and 63; and a SYN from its own destination (LAND). */
    private static boolean mayOpen(Packet p, TcpSegment s) {
        boolean land =
                p.srcLo == p.dstLo && p.srcHi == p.dstHi && s.sourcePort == s.destinationPort;
        return !land
                && s.sourcePort != 0
                && s.destinationPort != 0
                && IpAddress.isUnicast(p.srcHi, p.srcLo)
                && IpAddress.isUnicast(p.dstHi, p.dstLo);
    }

    /** Window field of a SYN. */
    int handshakeWindow() {
        return (int) Math.min(TcpHandshake.MAX_WINDOW_FIELD, settings.receiveBuffer());
    }

    int announcedMss(TcpFlow f) {
        return TcpPathMtu.announcedMss(f.isV4(), stack.config.mtu(), settings.mssClamp());
    }

    void opened() {
        connections++;
    }

    /** The connection got news in this batch: it decides at its end. */
    void dirty(TcpConnection c) {
        if (!c.isDirty) {
            c.isDirty = true;
            c.nextDirty = dirtyHead;
            dirtyHead = c;
        }
    }

    void endBatch(long now) {
        for (TcpConnection c = dirtyHead; c != null; ) {
            TcpConnection following = c.nextDirty;
            c.nextDirty = null;
            c.isDirty = false;
            if (!c.isOver()) {
                c.sender().acknowledgments.endBatch(now);
                c.receiver().decide(now);
                if (c.receiver().wantsAck()) {
                    scheduler.control(c);
                }
                c.activate();
            }
            c = following;
        }
        dirtyHead = null;
    }

    /** Writes the next packet at offset; 0 = none. Capacity is at least the MTU. */
    int pull(MemorySegment m, long offset, int capacity, long now) {
        return scheduler.pull(m, offset, now);
    }

    boolean hasOutput(long now) {
        return scheduler.hasOutput(now);
    }

    /**
     * ICMP says something about a segment that we sent: {@code quoted} holds its addresses (source
     * is ours), its transport fields point at the quoted TCP header, at least 8 bytes.
     */
    void icmpError(Packet quoted, Unreachable kind, int mtu, long now) {
        int bothPorts = quoted.memory.get(IpHeader.INT, quoted.transportOffset);
        int wire = quoted.memory.get(IpHeader.INT, quoted.transportOffset + 4);
        TcpFlow flow =
                flows.find(quoted.srcHi, quoted.srcLo, quoted.dstHi, quoted.dstLo, bothPorts);
        if (!(flow instanceof TcpConnection c)) {
            return;
        }
        TcpSender sender = c.sender();
        long sequence = Seq.unwrap(wire, sender.una);
        if (sequence < sender.una || sequence >= sender.next) {
            return; // RFC 5927: not about anything that is on its way
        }
        if (kind == Unreachable.PACKET_TOO_BIG) {
            if (c.pathMtu().tooBig(mtu, now) && c.state().isSynchronized()) {
                sender.recovery.resendLarge();
                c.activate();
            }
            return;
        }
        c.unreachable(kind);
        if (c.state() == TcpState.SYN_SENT) {
            switch (kind) {
                case PORT, PROTOCOL -> c.lifecycle().terminate(CloseCause.REFUSED);
                case NET, HOST, PROHIBITED -> c.lifecycle().terminate(CloseCause.UNREACHABLE);
                default -> {
                    // a hint only
                }
            }
        }
    }

    TcpConnection connect(
            @Nullable InetAddress local, InetSocketAddress remote, TcpHandler handler) {
        InetAddress address = remote.getAddress();
        if (address == null || remote.getPort() == 0) {
            throw new IllegalArgumentException("remote " + remote + " has no address or port");
        }
        long remoteHi = IpAddress.hi(address);
        long remoteLo = IpAddress.lo(address);
        boolean v6 = !IpAddress.isV4(remoteHi, remoteLo);
        boolean reachable = stack.addresses.has(v6) && IpAddress.isUnicast(remoteHi, remoteLo);
        long localHi = reachable ? stack.addresses.hi(v6) : 0;
        long localLo = reachable ? stack.addresses.lo(v6) : IpAddress.v4(0);
        if (local != null) {
            localHi = IpAddress.hi(local);
            localLo = IpAddress.lo(local);
            boolean fits = IpAddress.isV4(localHi, localLo) != v6;
            if (!fits || !stack.addresses.contains(localHi, localLo)) {
                throw new IllegalArgumentException(
                        "local " + local.getHostAddress() + " is no own address for " + remote);
            }
        }
        int port = -1;
        if (reachable) {
            port =
                    ports.choose(
                            localHi, localLo, remoteHi, remoteLo, remote.getPort(), stack.now());
        }
        int bothPorts = Math.max(port, 0) << 16 | remote.getPort();
        int hash = flows.hash(localHi, localLo, remoteHi, remoteLo, bothPorts);
        TcpAddresses addresses =
                new TcpAddresses(localHi, localLo, remoteHi, remoteLo, bothPorts, hash);
        int sequence =
                port >= 0
                                && flows.find(localHi, localLo, remoteHi, remoteLo, bothPorts)
                                        instanceof TcpTimeWait rest
                        ? timeWaits.succeed(rest)
                        : secrets.initialSequence(addresses, stack.now());
        TcpConnection c =
                new TcpConnection(this, addresses, TcpState.SYN_SENT, sequence, null, handler);
        opened();
        if (closed) {
            c.lifecycle().stillborn(CloseCause.ABORTED);
        } else if (port < 0) {
            c.lifecycle().stillborn(CloseCause.UNREACHABLE);
        } else {
            counters.activeOpens++;
            flows.add(c);
            scheduler.control(c);
        }
        return c;
    }

    TcpListener listen(
            @Nullable InetAddress local, int port, Function<TcpConnection, TcpHandler> accept) {
        if (port <= 0 || port > 0xffff) {
            throw new IllegalArgumentException("port " + port + " is not 1..65535");
        }
        if (closed) {
            throw new IllegalStateException("the stack is closed");
        }
        boolean any = local == null;
        long hi = local == null ? 0 : IpAddress.hi(local);
        long lo = local == null ? 0 : IpAddress.lo(local);
        for (TcpListener other : listeners) {
            if (other.conflicts(any, hi, lo, port)) {
                throw new IllegalStateException("port " + port + " is taken");
            }
        }
        TcpListener listener = new TcpListener(this, any, hi, lo, port, accept);
        listeners.add(listener);
        return listener;
    }

    private @Nullable TcpListener listener(long hi, long lo, int port) {
        for (int i = 0; i < listeners.size(); i++) {
            if (listeners.get(i).hears(hi, lo, port)) {
                return listeners.get(i);
            }
        }
        return null;
    }

    boolean isListening(long hi, long lo, int port) {
        return listener(hi, lo, port) != null;
    }

    void removeListener(TcpListener listener) {
        listeners.remove(listener);
        for (TcpFlow flow : flows.snapshot()) {
            if (flow instanceof TcpHalfOpen h && h.listener == listener) {
                halfOpens.reset(h);
            } else if (flow instanceof TcpConnection c
                    && c.listener() == listener
                    && !c.state().isSynchronized()) {
                c.lifecycle().reset(CloseCause.ABORTED);
            }
        }
    }

    /** Buffers may grow. */
    boolean mayGrow() {
        return stack.pool.pressure() == ChunkPool.Pressure.NORMAL;
    }

    void remove(TcpConnection c) {
        flows.remove(c);
    }

    void unread(TcpConnection c) {
        unread.add(c);
    }

    /** The application knows that the connection is over. */
    void forget(TcpConnection c) {
        connections--;
        forwarding.forget(c);
        unread.remove(c);
    }

    int liveFlows() {
        return connections + halfOpens.count() + forwarding.count();
    }

    void close() {
        closed = true;
        forwarding.close();
        listeners.clear();
        for (TcpFlow flow : flows.snapshot()) {
            if (flow instanceof TcpConnection c) {
                c.abort();
            } else if (flow instanceof TcpHalfOpen h) {
                halfOpens.reset(h);
            } else if (flow instanceof TcpTimeWait rest) {
                timeWaits.remove(rest);
            }
        }
        for (TcpConnection c : unread) {
            c.abort();
        }
        releases.deliver();
    }
}
