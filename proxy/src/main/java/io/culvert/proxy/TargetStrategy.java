package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Whether an outbound that would leave names to a server behind it resolves them before, and of
 * which family: Xray's {@code targetStrategy}.
 *
 * @param order of the addresses; {@link AddressOrder#AS_IS}: names go as they are
 * @param forced a name without such an address goes nowhere, rather than as it is
 */
record TargetStrategy(AddressOrder order, boolean forced) {
    static final TargetStrategy AS_IS = new TargetStrategy(AddressOrder.AS_IS, false);

    /** What a text asks for, or null if it asks for nothing there is. */
    static @Nullable TargetStrategy parse(String text) {
        AddressOrder order = AddressOrder.parse(text);
        boolean forced = text.toLowerCase(Locale.ROOT).startsWith("force");
        return order == null ? null : new TargetStrategy(order, forced);
    }

    /** A resolver that gives another's answers in the order that is asked for. */
    NameResolver over(NameResolver resolver) {
        return order.over(resolver);
    }

    /**
     * Dials with the first address of the session's destination in place of its name.
     *
     * @param resolver gives addresses in this order ({@link #over})
     * @param way dials what it is given, on the loop
     */
    Future<DuplexChannel> connect(
            Session session,
            NameResolver resolver,
            EventLoop loop,
            Function<Session, Future<DuplexChannel>> way) {
        if (order == AddressOrder.AS_IS || !session.destination().isName()) {
            return way.apply(session);
        }
        Promise<DuplexChannel> result = loop.newPromise();
        resolver.resolve(session.destination().host(), loop)
                .addListener((Future<List<InetAddress>> resolved) -> {
                    if (resolved.isSuccess()) {
                        Destination asked = session.destination();
                        var at = new InetSocketAddress(resolved.getNow().getFirst(), asked.port());
                        Session to = session.to(Destination.of(asked.network(), at));
                        Dialing.pass(way.apply(to), result);
                    } else if (forced) {
                        result.tryFailure(resolved.cause());
                    } else {
                        Dialing.pass(way.apply(session), result);
                    }
                });
        return result;
    }
}
