package io.culvert.proxy;

import io.netty.buffer.Unpooled;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;

/** A client that has nothing to say about where it goes. */
final class ForwardedConnection {
    private ForwardedConnection() {}

    /**
     * Dials, then relays; a client whose destination is not reached sees its connection reset.
     * Listens to it first where that is asked for. Called on the client's loop.
     */
    static void open(
            DuplexChannel client,
            Parking parking,
            Session asked,
            Dispatcher dispatcher,
            Policy policy) {
        Session session = dispatcher.named(asked);
        Sniffing sniffing = session.inbound().sniffing();
        if (!sniffing.isWorthIt(session, dispatcher)) {
            dial(client, parking, session, dispatcher, policy);
            return;
        }
        StreamSniffer.listen(client, parking)
                .addListener((Future<Content> heard) -> {
                    if (heard.isSuccess()) {
                        Session known = sniffing.apply(session, heard.getNow(), dispatcher.fakes());
                        dial(client, parking, known, dispatcher, policy);
                    }
                });
    }

    private static void dial(
            DuplexChannel client,
            Parking parking,
            Session session,
            Dispatcher dispatcher,
            Policy policy) {
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
