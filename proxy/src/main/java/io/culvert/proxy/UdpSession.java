package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * All datagrams of one client address: each goes by the outbound that the rules name for its
 * destination, all of one outbound leave from the same port (full cone), and whatever comes back is
 * handed to the client with its true source. Lives on one event loop.
 */
final class UdpSession implements UdpPort {

    /** How long a mapping lives without traffic; RFC 4787 REQ-5 wants at least two minutes. */
    private static final long IDLE = TimeUnit.SECONDS.toNanos(120);

    /** The same after a single question and its answer, as DNS leaves thousands behind. */
    private static final long LINGER = TimeUnit.SECONDS.toNanos(15);

    /** How often it is asked whether addresses stand for the names that they stood for. */
    private static final long NAMES_INTERVAL = TimeUnit.SECONDS.toNanos(5);

    private static final int MAX_ROUTES = 512;

    /** Names with a port of their own. */
    private static final int MAX_NAMED = 256;

    private final Dispatcher dispatcher;
    private final Session base;
    private final EventLoop loop;
    private final UdpReceiver client;
    private final Map<InetSocketAddress, Route> routes = new HashMap<>();
    private final List<Leg> legs = new ArrayList<>();
    private final @Nullable UserTraffic user;
    private Routing routing;
    private @Nullable InetSocketAddress lastDestination;
    private @Nullable Leg lastLeg;
    private long lastUse;
    private long namesHeld;
    private long sent;
    private long received;
    private boolean closed;
    private @Nullable Runnable whenClosed;

    /**
     * A session with no port open yet.
     *
     * @param base who asks; its destination is replaced by each datagram's
     * @param client takes what comes back
     */
    UdpSession(Dispatcher dispatcher, Session base, EventLoop loop, UdpReceiver client) {
        this.dispatcher = dispatcher;
        this.base = base;
        this.loop = loop;
        this.client = client;
        this.routing = dispatcher.routing();
        this.user = dispatcher.user(base);
        if (user != null) {
            user.entered(base.source().getAddress());
        }
        this.lastUse = loop.ticker().nanoTime();
        this.namesHeld = lastUse;
        base.inbound().traffic().opened();
    }

    @Override
    public void send(InetSocketAddress destination, ByteBuf payload) {
        if (closed) {
            payload.release();
            return;
        }
        sent++;
        lastUse = loop.ticker().nanoTime();
        if (!dispatcher.holds(routing)) {
            askAgain();
        }
        if (lastUse - namesHeld >= NAMES_INTERVAL) {
            dropOldNames();
        }
        if (destination.equals(lastDestination) && lastLeg != null) {
            lastLeg.send(destination, payload);
            return;
        }
        Route route = routes.get(destination);
        if (route == null) {
            route = begin(destination);
        }
        if (route.sniffer != null) {
            listen(route, payload);
        }
        if (route.leg != null) {
            lastDestination = destination;
            lastLeg = route.leg;
            route.leg.send(destination, payload);
        } else if (route.waiting.size() < DatagramPort.MAX_WAITING) {
            route.waiting.add(DatagramSlabs.copy(payload));
        } else {
            payload.release();
        }
    }

    @Override
    public void flush() {
        for (int i = 0; i < legs.size(); i++) {
            legs.get(i).port.flush();
        }
    }

    /** Runs once the session is closed. */
    void whenClosed(Runnable run) {
        whenClosed = run;
    }

    /** Lets go of names whose addresses stand for others by now. */
    private void dropOldNames() {
        namesHeld = lastUse;
        FakeNames known = dispatcher.fakes();
        if (known == null) {
            return;
        }
        for (Leg leg : List.copyOf(legs)) {
            if (leg.alias != null && leg.named != null) {
                String name = known.name(leg.alias.getAddress());
                if (name != null && !name.equalsIgnoreCase(leg.named.getHostString())) {
                    drop(leg, leg.alias);
                }
            }
        }
    }

    private void drop(Leg leg, InetSocketAddress alias) {
        legs.remove(leg);
        routes.remove(alias);
        lastDestination = null;
        lastLeg = null;
        leg.close();
    }

    /** Whether it has been quiet for so long that it should be closed. */
    boolean isIdle() {
        long limit = sent <= 1 && received <= 1 ? LINGER : IDLE;
        return loop.ticker().nanoTime() - lastUse >= limit;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        routes.values().forEach(Route::discard);
        routes.clear();
        legs.forEach(Leg::close);
        legs.clear();
        lastLeg = null;
        base.inbound().traffic().closed();
        if (user != null) {
            user.left(base.source().getAddress());
        }
        if (whenClosed != null) {
            whenClosed.run();
        }
    }

    /**
     * Other rules hold: each destination's way is chosen anew. A port at an outbound that is still
     * there stays the client's.
     */
    private void askAgain() {
        routing = dispatcher.routing();
        routes.values().forEach(Route::discard);
        routes.clear();
        lastDestination = null;
        lastLeg = null;
        legs.removeIf(leg -> {
            boolean gone = !routing.byTag().containsValue(leg.outbound);
            if (gone) {
                leg.close();
            }
            return gone;
        });
    }

    private Route begin(InetSocketAddress destination) {
        if (routes.size() >= MAX_ROUTES) {
            routes.values().forEach(Route::discard);
            routes.clear();
        }
        Session asked = base.to(Destination.of(Network.UDP, destination));
        Route route = new Route(dispatcher.named(asked), destination);
        routes.put(destination, route);
        if (base.inbound().sniffing().isWorthIt(route.session, dispatcher)) {
            route.sniffer = new DatagramSniffer();
        } else {
            ask(route, route.session);
        }
        return route;
    }

    private void listen(Route route, ByteBuf payload) {
        Verdict verdict = route.sniffer == null ? Verdict.Open.NEVER : route.sniffer.take(payload);
        switch (verdict) {
            case Verdict.Heard(Content content) -> heard(route, content);
            case Verdict.Open.NEVER -> heard(route, Content.UNKNOWN);
            case Verdict.Open.MORE -> {
                if (route.timer == null) {
                    route.timer =
                            loop.schedule(
                                    () -> heard(route, Content.UNKNOWN),
                                    DatagramSniffer.PATIENCE_MILLIS,
                                    TimeUnit.MILLISECONDS);
                }
            }
        }
    }

    private void heard(Route route, Content content) {
        if (route.sniffer != null) {
            route.stopListening();
            ask(route, base.inbound().sniffing().apply(route.session, content, dispatcher.fakes()));
        }
    }

    private void ask(Route route, Session session) {
        Future<Outbound> routing = dispatcher.route(session, loop);
        if (routing.isDone()) {
            routed(route, session, routing);
        } else {
            routing.addListener((Future<Outbound> done) -> routed(route, session, done));
        }
    }

    private void routed(Route route, Session session, Future<Outbound> done) {
        if (closed) {
            return;
        }
        Leg leg = leg(done.getNow(), session, route.destination);
        route.leg = leg;
        route.waiting.forEach(payload -> leg.send(route.destination, payload));
        route.waiting.clear();
        leg.port.flush();
    }

    /**
     * Where an address stands for a name, that has a port of its own, by which answers are told.
     */
    private Leg leg(Outbound outbound, Session session, InetSocketAddress destination) {
        Destination to = session.destination();
        boolean isAlias = to.isName() && !destination.isUnresolved();
        InetSocketAddress alias = isAlias ? destination : null;
        InetSocketAddress named =
                isAlias ? InetSocketAddress.createUnresolved(to.host(), to.port()) : null;
        for (Leg leg : legs) {
            if (leg.outbound.equals(outbound)
                    && Objects.equals(leg.alias, alias)
                    && Objects.equals(leg.named, named)) {
                return leg;
            }
        }
        if (isAlias) {
            makeRoom();
        }
        Leg leg = new Leg(outbound, session, alias, named);
        legs.add(leg);
        Log.accepted(session, outbound);
        return leg;
    }

    private void makeRoom() {
        if (legs.stream().filter(leg -> leg.alias != null).count() < MAX_NAMED) {
            return;
        }
        for (Leg leg : legs) {
            if (leg.alias != null) {
                drop(leg, leg.alias);
                return;
            }
        }
    }

    /** What becomes of the datagrams to one destination. */
    private static final class Route {
        private final Session session;
        private final InetSocketAddress destination;
        private final List<ByteBuf> waiting = new ArrayList<>();
        private @Nullable DatagramSniffer sniffer;
        private @Nullable Future<?> timer;
        private @Nullable Leg leg;

        Route(Session session, InetSocketAddress destination) {
            this.session = session;
            this.destination = destination;
        }

        void stopListening() {
            sniffer = null;
            if (timer != null) {
                timer.cancel(false);
                timer = null;
            }
        }

        void discard() {
            stopListening();
            waiting.forEach(ByteBuf::release);
            waiting.clear();
        }
    }

    /** The session's port at one outbound. */
    private final class Leg implements UdpReceiver {
        private final Outbound outbound;
        private final UdpPort port;

        /** What stands for the name that it is for; null = it is for all addresses. */
        private final @Nullable InetSocketAddress alias;

        private final @Nullable InetSocketAddress named;

        Leg(
                Outbound outbound,
                Session session,
                @Nullable InetSocketAddress alias,
                @Nullable InetSocketAddress named) {
            this.outbound = outbound;
            this.alias = alias;
            this.named = named;
            this.port = outbound.openUdp(session, loop, this);
            outbound.traffic().opened();
        }

        void send(InetSocketAddress destination, ByteBuf payload) {
            int length = payload.readableBytes();
            base.inbound().traffic().up(length);
            outbound.traffic().up(length);
            if (user != null) {
                user.up(length);
            }
            port.send(named == null ? destination : named, payload);
        }

        @Override
        public void datagram(InetSocketAddress from, ByteBuf payload) {
            if (closed) {
                payload.release();
                return;
            }
            received++;
            lastUse = loop.ticker().nanoTime();
            int length = payload.readableBytes();
            base.inbound().traffic().down(length);
            outbound.traffic().down(length);
            if (user != null) {
                user.down(length);
            }
            client.datagram(alias == null ? from : alias, payload);
        }

        @Override
        public void unreached(InetSocketAddress destination, Failure why) {
            if (!closed) {
                client.unreached(alias == null ? destination : alias, why);
            }
        }

        @Override
        public void readComplete() {
            if (!closed) {
                client.readComplete();
            }
        }

        void close() {
            port.close();
            outbound.traffic().closed();
        }
    }
}
