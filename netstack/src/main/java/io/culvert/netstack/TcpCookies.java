package io.culvert.netstack;

/**
 * Handshakes that are not remembered, because too many connections are half open: of listeners, and
 * of forwarders whose answer came first (netstack.md O20). {@link SynCookies} says what a cookie
 * holds.
 */
final class TcpCookies {
    private static final long MILLI = 1_000_000;

    /** Life of a cookie, and what its timestamp may have been rounded by, milliseconds. */
    private static final long OLDEST = 2 * SynCookies.PERIOD / MILLI + 64;

    private final TcpLayer layer;
    private final SynCookies cookies;

    TcpCookies(TcpLayer layer) {
        this.layer = layer;
        cookies = new SynCookies(layer.secrets.cookies, layer.counters);
    }

    /** Answers a SYN and forgets it. */
    void answer(TcpSyn syn, long now) {
        boolean timed = syn.hasTimestamp;
        int mss = TcpHandshake.effectiveMss(syn.mss(), syn.isV4());
        int cookie = cookies.make(syn, syn.sequence, mss, timed, now);
        boolean sack = timed && syn.sackPermitted;
        int scale = timed ? syn.windowScale() : -1;
        layer.replies.synAck(
                syn,
                cookie,
                layer.handshakeWindow(),
                layer.announcedMss(syn),
                sack,
                scale < 0 ? -1 : ReceiveWindow.scaleFor(layer.settings.maxReceiveBuffer()),
                SynCookies.timestamp(timestamp(syn, now), scale, sack));
    }

    private int timestamp(TcpFlow f, long now) {
        return (int) (now / TcpConnection.TIMESTAMP_TICK) + layer.secrets.timestampOffset(f);
    }

    /** Whether a segment that belongs to no flow may bring a cookie back. */
    boolean mayBe(TcpSegment s, long now) {
        int decisive = TcpFlags.SYN | TcpFlags.ACK | TcpFlags.RST;
        return (s.flags & decisive) == TcpFlags.ACK && cookies.areOut(now);
    }

    /** Whether it does. */
    boolean isValid(TcpFlow addresses, TcpSegment s, long now) {
        int cookie = s.acknowledgment - 1;
        if (!cookies.isValid(addresses, s.sequence - 1, cookie, now)) {
            return false;
        }
        if (!SynCookies.isTimed(cookie)) {
            return true;
        }
        int age = timestamp(addresses, now) - s.timestampEcho;
        return s.hasTimestamp && age >= 0 && age <= OLDEST;
    }

    /** The connection that such a segment opens; it gets the segment next. */
    TcpConnection open(TcpFlow addresses, TcpSegment s, TcpListener listener, long now) {
        int cookie = s.acknowledgment - 1;
        Client client = new Client(addresses, s, cookie);
        TcpConnection c =
                new TcpConnection(layer, addresses, TcpState.SYN_RECEIVED, cookie, listener, null);
        client.open(c, now);
        c.handshake().continued(0, now, now);
        listener.opened();
        layer.counters.passiveOpens++;
        layer.flows.add(c);
        layer.opened();
        return c;
    }

    /** What a cookie remembers of a client. */
    private static final class Client extends TcpSyn {
        Client(TcpFlow addresses, TcpSegment s, int cookie) {
            super(addresses, s, cookie, SynCookies.isTimed(cookie));
        }

        @Override
        void deliver() {
            throw new IllegalStateException("a client has no news");
        }
    }
}
