package io.culvert.proxy;

import io.netty.buffer.Unpooled;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;

/** A client that has nothing to say about where it goes. */
final class ForwardedConnection {
    private ForwardedConnection() {}

    /**
     * Dials, then relays; a client whose destination is not reached sees its connection reset.
     * Called on the client's loop.
     */
    static void open(DuplexChannel client, Session session, Dispatcher dispatcher, Policy policy) {
        Parking parking = Parking.park(client);
        Future<Flow> dialing = dispatcher.connect(session, client.eventLoop());
        parking.whenGone(client, () -> dialing.cancel(false));
        dialing.addListener((Future<Flow> done) -> connected(client, done, policy));
    }

    private static void connected(DuplexChannel client, Future<Flow> done, Policy policy) {
        if (done.isSuccess()) {
            Relay.splice(client, done.getNow(), policy);
        } else if (done.cause() instanceof DialException failure && failure.farewell() != null) {
            LingeringClose.after(client, Unpooled.wrappedBuffer(failure.farewell()));
        } else {
            Relay.reset(client);
        }
    }
}
