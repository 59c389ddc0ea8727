package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.util.List;

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
}
