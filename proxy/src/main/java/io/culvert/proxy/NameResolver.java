package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Finds the addresses of a name. Thread-safe. */
interface NameResolver {

    /**
     * Asks for the addresses of a name.
     *
     * @param loop on which the answer is given
     * @return at least one address, in the order in which they should be tried; or a {@link
     *     DialException} with {@link Failure#RESOLVE}
     */
    Future<List<InetAddress>> resolve(String name, EventLoop loop);

    /** The addresses that it made up for names, if it does; null = none. */
    default @Nullable FakeNames fakes() {
        return null;
    }

    /**
     * Goes on with the addresses of a name on that loop; where there are none, the result fails.
     */
    default void resolve(
            String name, EventLoop loop, Promise<?> result, Consumer<List<InetAddress>> then) {
        resolve(name, loop)
                .addListener((Future<List<InetAddress>> resolved) -> {
                    if (resolved.isSuccess()) {
                        then.accept(resolved.getNow());
                    } else {
                        result.tryFailure(resolved.cause());
                    }
                });
    }
}
