package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Asks the operating system, which blocks, on threads of its own. */
final class SystemResolver implements NameResolver {
    private static final int THREADS = 8;
    private static final int WAITING = 4096;

    private final ThreadPoolExecutor executor;

    SystemResolver() {
        executor =
                new ThreadPoolExecutor(
                        THREADS,
                        THREADS,
                        30,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(WAITING),
                        Thread.ofPlatform().daemon().name("culvert-resolver-", 0).factory());
        executor.allowCoreThreadTimeOut(true);
    }

    @Override
    public Future<List<InetAddress>> resolve(String name, EventLoop loop) {
        Promise<List<InetAddress>> promise = loop.newPromise();
        try {
            executor.execute(() -> lookup(name, promise));
        } catch (RejectedExecutionException e) {
            promise.setFailure(
                    new DialException(Failure.RESOLVE, "too many names wait to be resolved", e));
        }
        return promise;
    }

    void close() {
        executor.shutdownNow();
    }

    private static void lookup(String name, Promise<List<InetAddress>> promise) {
        try {
            promise.trySuccess(List.of(InetAddress.getAllByName(name)));
        } catch (UnknownHostException e) {
            promise.tryFailure(
                    new DialException(
                            Failure.RESOLVE, "the name " + name + " could not be resolved", e));
        } catch (RuntimeException e) {
            promise.tryFailure(
                    new DialException(Failure.RESOLVE, name + " is no name to resolve", e));
        }
    }
}
