package io.culvert.tunnel;

import io.culvert.netstack.EchoRequest;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The clients' pings that wait for real hosts. How much may wait is bounded for each peer and for
 * all, and none waits for longer than ping programs do. On the event loop only.
 */
final class ForwardedPings {
    /** A ping program that sends ten a second may wait for ten seconds. */
    static final int PER_PEER = 128;

    static final int BYTES_PER_PEER = 256 << 10;
    static final int BYTES = 4 << 20;

    /** How long iputils' ping waits for the last answer. */
    static final long PATIENCE = TimeUnit.SECONDS.toNanos(10);

    private final TunnelLoop tunnel;

    /** In the order in which they came. */
    private final LinkedHashSet<PingRequest> waiting = new LinkedHashSet<>();

    /** By the peer's public key, or the client's address if no peer has it any more. */
    private final Map<Object, Share> shares = new HashMap<>();

    private int bytes;

    ForwardedPings(TunnelLoop tunnel) {
        this.tunnel = tunnel;
    }

    /** What one peer has waiting. */
    static final class Share {
        private final Object owner;
        private int count;
        private int bytes;

        private Share(Object owner) {
            this.owner = owner;
        }
    }

    /** Hands a ping to the forwarder, or drops it if too much waits. */
    void request(EchoRequest request, TunnelForwarder forwarder) {
        long now = tunnel.now();
        forgetOld(now);
        var peer = tunnel.device().route(request.source());
        Object owner = peer == null ? request.source() : peer.publicKey();
        Share share = shares.getOrDefault(owner, new Share(owner));
        PingRequest ping = new PingRequest(this, request, share, now);
        int size = ping.payload().length;
        if (share.count == PER_PEER
                || share.bytes + size > BYTES_PER_PEER
                || bytes + size > BYTES) {
            return;
        }
        shares.put(owner, share);
        share.count++;
        share.bytes += size;
        bytes += size;
        waiting.add(ping);
        forwarder.ping(ping);
    }

    /** Ends the wait of what came {@link #PATIENCE} before {@code now}. */
    void forgetOld(long now) {
        while (!waiting.isEmpty() && now - waiting.getFirst().since >= PATIENCE) {
            waiting.getFirst().forget();
        }
    }

    /** The ping was answered, or waited for too long. */
    void over(PingRequest ping) {
        waiting.remove(ping);
        int size = ping.payload().length;
        bytes -= size;
        ping.share.bytes -= size;
        if (--ping.share.count == 0) {
            shares.remove(ping.share.owner);
        }
        tunnel.wake();
    }

    int waiting() {
        return waiting.size();
    }

    void onLoop(Runnable work) {
        if (tunnel.loop().inEventLoop()) {
            work.run();
        } else {
            tunnel.loop().execute(work);
        }
    }
}
