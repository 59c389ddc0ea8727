package io.culvert.proxy;

import io.culvert.netstack.Refusal;
import io.culvert.tunnel.PingRequest;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;

/** An echo request on its way. */
final class Ping {
    private final byte[] payload;
    private final int hopLimit;

    /**
     * An echo request as it leaves.
     *
     * @param payload not to be changed
     * @param hopLimit TTL or hop limit, 1..255
     */
    Ping(byte[] payload, int hopLimit) {
        this.payload = payload;
        this.hopLimit = hopLimit;
    }

    byte[] payload() {
        return payload;
    }

    int hopLimit() {
        return hopLimit;
    }

    /**
     * Takes a client's ping to the outbound that the rules name, and the answer back. What is
     * forbidden or can't be reached is told as a router would; all else is silence.
     */
    static void relay(PingRequest request, Session asked, Dispatcher dispatcher, EventLoop loop) {
        Session session = dispatcher.named(asked);
        // This is a hop on its way (RFC 1812 section 5.3.1).
        Ping ping = new Ping(request.payload(), request.hopLimit() - 1);
        dispatcher
                .route(session, loop)
                .addListener((Future<Outbound> routed) ->
                        routed.getNow()
                                .ping(session, ping, loop)
                                .addListener(done -> answer(request, session, done)));
    }

    private static void answer(PingRequest request, Session session, Future<?> done) {
        if (done.isSuccess()) {
            request.reply();
            return;
        }
        DialException failure = DialException.of(done.cause(), session.destination());
        Log.debug(request + ": " + failure.getMessage());
        request.refuse(
                switch (failure.failure()) {
                    case HOST_UNREACHABLE, RESOLVE -> Refusal.HOST_UNREACHABLE;
                    case NET_UNREACHABLE -> Refusal.NET_UNREACHABLE;
                    case DENIED -> Refusal.PROHIBITED;
                    case REFUSED, TIMEOUT, BLACKHOLED, OTHER -> Refusal.SILENT;
                });
    }
}
