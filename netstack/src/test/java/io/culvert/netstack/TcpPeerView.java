package io.culvert.netstack;

import static io.culvert.netstack.FuzzInput.require;

/**
 * What the peer of a {@link TcpScript} sees of the stack's segments, and what must hold of them
 * whatever the peer did: the written stream, a fixed end, and promises that are kept.
 */
final class TcpPeerView {
    private final TcpScript t;
    private boolean acked;
    private int ack;
    private int edge;
    private boolean finished;
    private int finEnd;

    TcpPeerView(TcpScript t) {
        this.t = t;
    }

    /** Looks at what came out since. */
    void check() {
        for (Seg s : t.drain()) {
            if ((s.flags & (PacketBuilder.RST | PacketBuilder.SYN)) == 0) {
                payload(s);
                promises(s);
                sack(s);
            }
        }
    }

    private void payload(Seg s) {
        for (int i = 0; i < s.data.length; i++) {
            require(s.data[i] == TransferApp.byteAt(s.seq - 1L + i), "what was written: " + s);
        }
        int end = s.end() + (s.flags & PacketBuilder.FIN);
        if ((s.flags & PacketBuilder.FIN) != 0) {
            require(!finished || finEnd == end, "the end stays where it is: " + s);
            finished = true;
            finEnd = end;
        }
        require(!finished || end <= finEnd, "nothing behind the end: " + s);
    }

    private void promises(Seg s) {
        int scale = t.connection().receiver().window.scale();
        int right = s.ack + (s.window << scale);
        require(!acked || s.ack - ack >= 0, "no acknowledgment is taken back: " + s);
        require(!acked || right - edge > -(1 << scale), "no window is taken back: " + s);
        edge = acked ? Math.max(edge, right) : right;
        ack = s.ack;
        acked = true;
    }

    private static void sack(Seg s) {
        for (int i = 0; i < s.sack.size(); i += 2) {
            int from = s.sack.get(i);
            int to = s.sack.get(i + 1);
            require(from < to, "a block holds something: " + s);
            require(from > s.ack || i == 0, "a block lies beyond the acknowledgment: " + s);
            require(from > s.ack || to <= s.ack, "a duplicate lies below it: " + s);
        }
    }
}
