package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The UDP sessions of one listening socket, by client; closes those that fell silent. */
final class UdpSessions {

    /** Clients beyond these are not served until others fall silent. */
    private static final int MAX_SESSIONS = 16384;

    private static final long SWEEP_SECONDS = 5;

    private final Map<InetSocketAddress, UdpSession> byClient = new HashMap<>();
    private final List<UdpSession> touched = new ArrayList<>();
    private final EventLoop loop;
    private @Nullable Future<?> sweep;

    UdpSessions(EventLoop loop) {
        this.loop = loop;
    }

    /** The client's session, made if need be; null when there are too many. */
    @Nullable UdpSession of(
            InetSocketAddress client, Function<InetSocketAddress, UdpSession> make) {
        UdpSession session = byClient.get(client);
        if (session == null && byClient.size() < MAX_SESSIONS) {
            session = make.apply(client);
            byClient.put(client, session);
            if (sweep == null) {
                sweep =
                        loop.scheduleWithFixedDelay(
                                this::sweep, SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
            }
        }
        if (session != null && (touched.isEmpty() || touched.getLast() != session)) {
            touched.add(session);
        }
        return session;
    }

    /** Sends what was given to the sessions asked for since the last time. */
    void flush() {
        for (int i = 0; i < touched.size(); i++) {
            touched.get(i).flush();
        }
        touched.clear();
    }

    EventLoop loop() {
        return loop;
    }

    /** Ends one client's session. */
    void close(InetSocketAddress client) {
        UdpSession session = byClient.remove(client);
        if (session != null) {
            session.close();
        }
    }

    void close() {
        // Closing one may ask for its removal.
        List<UdpSession> all = new ArrayList<>(byClient.values());
        byClient.clear();
        all.forEach(UdpSession::close);
        cancelSweep();
    }

    private void sweep() {
        List<UdpSession> idle = new ArrayList<>();
        for (Iterator<UdpSession> i = byClient.values().iterator(); i.hasNext(); ) {
            UdpSession session = i.next();
            if (session.isIdle()) {
                i.remove();
                idle.add(session);
            }
        }
        idle.forEach(UdpSession::close);
        if (byClient.isEmpty()) {
            cancelSweep();
        }
    }

    private void cancelSweep() {
        if (sweep != null) {
            sweep.cancel(false);
            sweep = null;
        }
    }
}
