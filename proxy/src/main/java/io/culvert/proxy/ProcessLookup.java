package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Which process of this machine a session comes from, looked for on a thread of its own, which is
 * there while somebody asks. Known on Linux alone. Thread-safe.
 */
final class ProcessLookup {

    /** Lookups beyond these fail; it takes a millisecond or a few each. */
    private static final int WAITING = 1024;

    private final ProcessFinder finder =
            new ProcessFinder(Path.of("/proc"), ByteOrder.nativeOrder());
    private final ThreadPoolExecutor executor;

    ProcessLookup() {
        executor =
                new ThreadPoolExecutor(
                        1, // the finder's
                        1,
                        30,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(WAITING),
                        Thread.ofPlatform().daemon().name("culvert-processes").factory());
        executor.allowCoreThreadTimeOut(true);
    }

    /** Whether processes can be found here. */
    static boolean isSupported(String system) {
        return system.equalsIgnoreCase("linux");
    }

    /**
     * Who opened the session.
     *
     * @return {@link LocalProcess#UNKNOWN} where that is nobody who can be seen; fails where it
     *     couldn't be looked for
     */
    Future<LocalProcess> find(Session session, EventLoop loop) {
        Network network = session.destination().network();
        boolean fromSocket = session.local() != null && network != Network.ICMP;
        if (!fromSocket || !isSupported(System.getProperty("os.name"))) {
            return loop.newSucceededFuture(LocalProcess.UNKNOWN);
        }
        Promise<LocalProcess> result = loop.newPromise();
        try {
            executor.execute(() -> find(session, result));
        } catch (RejectedExecutionException e) {
            result.tryFailure(e);
        }
        return result;
    }

    void close() {
        executor.shutdownNow();
    }

    private void find(Session session, Promise<LocalProcess> result) {
        try {
            result.trySuccess(find(session));
        } catch (NoSuchFileException | AccessDeniedException e) {
            Log.debug("whose " + session.source() + " is cannot be told: " + e);
            result.trySuccess(LocalProcess.UNKNOWN);
        } catch (IOException | RuntimeException e) {
            Log.debug("whose " + session.source() + " is cannot be looked for: " + e);
            result.tryFailure(e);
        }
    }

    private LocalProcess find(Session session) throws IOException {
        InetSocketAddress source = session.source();
        if (!LoopGuard.isLocal(source.getAddress())) {
            return LocalProcess.UNKNOWN;
        }
        // Whoever associates datagrams by SOCKS is known by the connection for that.
        boolean associated = session.inbound().isSocks();
        Network network = associated ? Network.TCP : session.destination().network();
        List<InetSocketAddress> targets = new ArrayList<>();
        if (session.local() != null) {
            targets.add(session.local());
        }
        InetAddress meant = session.destination().address();
        if (meant != null) { // as netfilter has it, which brought it here
            targets.add(new InetSocketAddress(meant, session.destination().port()));
        }
        return finder.find(network, source, targets);
    }
}
