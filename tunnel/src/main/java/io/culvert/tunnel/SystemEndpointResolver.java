package io.culvert.tunnel;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Asks the operating system, which blocks: each time on a thread that ends with the answer. */
enum SystemEndpointResolver implements EndpointResolver {
    INSTANCE;

    @Override
    public Future<List<InetAddress>> resolve(String host, EventLoop loop) {
        Promise<List<InetAddress>> promise = loop.newPromise();
        Thread.ofPlatform()
                .daemon()
                .name("culvert-endpoint-resolver")
                .start(() -> lookup(host, promise));
        return promise;
    }

    private static void lookup(String host, Promise<List<InetAddress>> promise) {
        try {
            promise.trySuccess(List.of(InetAddress.getAllByName(host)));
        } catch (UnknownHostException | RuntimeException e) {
            promise.tryFailure(e);
        }
    }
}
