package io.culvert.netstack;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Clients whose SYN waits for a dial: parked as flat records, limited in all, per party and per
 * client and destination (netstack.md c.4). A party is a peer or, where peers aren't known, an
 * address.
 */
final class TcpForwarding extends Timer {
    /** A client's own SYN retransmissions end then (netstack.md O2). */
    private static final long PATIENCE = 127_000_000_000L;

    private static final int QUOTE = IpHeader.V6_LENGTH + TcpSegment.HEADER;

    private final TcpLayer layer;
    private final TcpSettings settings;
    private final PendingCounts byParty;
    private final PendingCounts byDestination;

    /** Accepted connections that live, of each party. */
    private final PendingCounts connections;

    private final MemorySegment quote = Arena.ofAuto().allocate(QUOTE, 8);
    private @Nullable TcpForwardRequest oldest;
    private @Nullable TcpForwardRequest newest;
    private int count;

    /** Accepted connections whose client has not confirmed. */
    private int unconfirmed;

    TcpForwarding(TcpLayer layer) {
        this.layer = layer;
        settings = layer.settings;
        byParty = new PendingCounts(layer.secrets.table);
        byDestination = new PendingCounts(layer.secrets.table);
        connections = new PendingCounts(layer.secrets.table);
    }

    int count() {
        return count;
    }

    /** A SYN that is nobody's; verified. */
    void park(TcpFlow addresses, TcpSegment s, Packet p, int initialSequence, long now) {
        if (admits(addresses, p)) {
            park(new TcpForwardRequest(this, addresses, s, p, initialSequence), now);
        }
    }

    /** The ACK of a client whose SYN was answered with a cookie. */
    void park(TcpFlow addresses, TcpSegment s, Packet p, long now) {
        if (admits(addresses, p)) {
            park(new TcpForwardRequest(this, addresses, s, p), now);
        }
    }

    private void park(TcpForwardRequest r, long now) {
        layer.counters.forwardRequests++;
        layer.flows.add(r);
        byParty.increment(r.partyHi, r.partyLo, 0, 0);
        byDestination.increment(r.remoteHi, r.remoteLo, r.localHi, r.localLo);
        append(r, now);
        announce(r);
    }

    private boolean admits(TcpFlow f, Packet p) {
        int pending = byParty.count(p.partyHi, p.partyLo, 0, 0);
        boolean admits =
                count < settings.pending()
                        && pending < settings.pendingPerSource()
                        && byDestination.count(f.remoteHi, f.remoteLo, f.localHi, f.localLo)
                                < settings.pendingPerDestination()
                        && pending + connections.count(p.partyHi, p.partyLo, 0, 0)
                                < settings.connectionsPerSource();
        if (!admits) {
            layer.counters.forwardLimited++;
        }
        return admits;
    }

    /** A segment for a parked request. True: a new SYN took its place and is to be parked. */
    boolean arrived(TcpForwardRequest r, TcpSegment s, long now) {
        if (s.has(TcpFlags.RST)) {
            int ahead = s.sequence - r.sequence;
            if (ahead == 0 || ahead == 1) {
                cancel(r);
            } else if (r.isAnswered && ahead > 1 && ahead <= 1 + TcpHandshake.MAX_WINDOW_FIELD) {
                layer.halfOpens.challenge(r, now); // it sent data before it gave up
            }
            return false;
        }
        if (!TcpLayer.isOpening(s)) {
            return false;
        }
        if (s.sequence == r.sequence) {
            layer.counters.forwardAbsorbed++;
            unlink(r);
            append(r, now);
            return false;
        }
        cancel(r);
        return true;
    }

    private void cancel(TcpForwardRequest r) {
        layer.counters.forwardCancelled++;
        leave(r);
        layer.flows.remove(r);
        r.cancel();
    }

    void announce(TcpForwardRequest r) {
        layer.stack.events.add(r);
    }

    void ask(TcpForwardRequest r) {
        Forwarder forwarder = layer.stack.forwarder();
        if (forwarder == null) {
            r.refuse(Refusal.RESET);
        } else {
            forwarder.tcp(r);
        }
    }

    TcpConnection accept(TcpForwardRequest r, TcpHandler handler, boolean alive) {
        TcpConnection c =
                new TcpConnection(
                        layer, r, TcpState.SYN_RECEIVED, r.initialSequence, null, handler);
        long now = layer.stack.now();
        r.open(c, now);
        layer.opened();
        c.forwardedFor(r);
        connections.increment(r.partyHi, r.partyLo, 0, 0);
        unconfirmed++;
        if (alive) {
            leave(r);
        }
        if (!alive) {
            c.lifecycle().stillborn(CloseCause.RESET);
        } else if (r.isAnswered) {
            layer.flows.replace(r, c);
            layer.counters.passiveOpens++;
            c.handshake().acknowledgedBefore(now);
        } else if (unconfirmed > settings.backlog()) {
            layer.flows.remove(r);
            layer.cookies.answer(r, now);
            c.lifecycle().stillborn(CloseCause.RESET);
        } else {
            layer.flows.replace(r, c);
            layer.counters.passiveOpens++;
            layer.scheduler.control(c);
        }
        return c;
    }

    /** A connection is over, and its application knows. */
    void forget(TcpConnection c) {
        if (c.isForwarded()) {
            connections.decrement(c.partyHi, c.partyLo, 0, 0);
        }
    }

    /** The client of an accepted connection confirmed, or went. */
    void completed() {
        unconfirmed--;
    }

    void refuse(TcpForwardRequest r, Refusal how) {
        leave(r);
        layer.flows.remove(r);
        if (r.isAnswered && how != Refusal.SILENT) {
            layer.replies.reset(r, r.initialSequence + 1, r.sequence + 1, true);
            return;
        }
        switch (how) {
            case SILENT -> {}
            case RESET -> layer.replies.reset(r, 0, r.sequence + 1, true);
            default -> {
                int length = writeQuote(r);
                layer.stack.icmp.unreachable(quote, 0, length, how, layer.stack.now());
            }
        }
    }

    /** The SYN as far as an ICMP error quotes it; a client finds its socket by that. */
    private int writeQuote(TcpForwardRequest r) {
        int ip =
                IpHeader.write(
                        quote,
                        0,
                        r.remoteHi,
                        r.remoteLo,
                        r.localHi,
                        r.localLo,
                        IpHeader.PROTOCOL_TCP,
                        TcpSegment.HEADER,
                        0,
                        IpHeader.HOP_LIMIT,
                        0,
                        true);
        quote.set(IpHeader.INT, ip, r.remotePort() << 16 | r.localPort());
        quote.set(IpHeader.INT, ip + 4L, r.sequence);
        quote.set(IpHeader.INT, ip + 8L, 0);
        quote.set(IpHeader.INT, ip + 12L, TcpSegment.HEADER << 26 | TcpFlags.SYN << 16);
        quote.set(IpHeader.INT, ip + 16L, 0);
        return ip + TcpSegment.HEADER;
    }

    private void leave(TcpForwardRequest r) {
        unlink(r);
        byParty.decrement(r.partyHi, r.partyLo, 0, 0);
        byDestination.decrement(r.remoteHi, r.remoteLo, r.localHi, r.localLo);
        if (oldest == null) {
            layer.stack.timers.cancel(this);
        }
    }

    private void append(TcpForwardRequest r, long now) {
        r.lastSeen = now;
        r.previous = newest;
        r.next = null;
        if (newest == null) {
            oldest = r;
            layer.stack.timers.arm(this, now + PATIENCE);
        } else {
            newest.next = r;
        }
        newest = r;
        count++;
    }

    private void unlink(TcpForwardRequest r) {
        TcpForwardRequest before = r.previous;
        TcpForwardRequest after = r.next;
        if (before == null) {
            oldest = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            newest = before;
        } else {
            after.previous = before;
        }
        count--;
    }

    @Override
    void fire(long now) {
        while (oldest != null && oldest.lastSeen + PATIENCE <= now) {
            cancel(oldest);
        }
        if (oldest != null) {
            layer.stack.timers.arm(this, oldest.lastSeen + PATIENCE);
        }
    }

    /** The stack closes: every request is cancelled. */
    void close() {
        while (oldest != null) {
            cancel(oldest);
        }
    }
}
