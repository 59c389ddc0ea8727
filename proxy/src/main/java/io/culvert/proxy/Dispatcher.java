package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes what inbounds bring to the outbound that the rules name. Thread-safe. */
final class Dispatcher {
    /** Takes what goes to an address that stood for a name once: it ends here. */
    private static final Outbound FORGOTTEN =
            new BlackholeOutbound(
                    "fakedns",
                    new DialException(Failure.RESOLVE, "the address stands for no name any more"));

    /** Takes what goes to such an address from where nobody asks for its name: it ends here. */
    private static final Outbound UNNAMED =
            new BlackholeOutbound(
                    "fakedns",
                    new DialException(
                            Failure.RESOLVE,
                            "the address stands for a name, which the inbound doesn't ask for:"
                                    + " sniffing.destOverride has no fakedns"));

    /** Takes what nobody knows who sent, where a rule asks for that: it ends here. */
    private static final Outbound UNIDENTIFIED =
            new BlackholeOutbound(
                    "process",
                    new DialException(
                            Failure.OTHER,
                            "the process that it comes from cannot be looked for now"));

    private final NameResolver resolver;
    private final Statistics statistics;
    private final LoopGuard loops;
    private final ProcessLookup processes;
    private volatile Routing routing;

    /** The one whose routing counts, once it does. */
    private volatile @Nullable Dispatcher followed;

    /**
     * A dispatcher over the outbounds of one proxy.
     *
     * @param resolver for rules on the addresses of names
     * @param statistics counts what users move
     * @param loops knows what has been here before
     * @param processes for rules on who a session comes from
     */
    Dispatcher(
            Routing routing,
            NameResolver resolver,
            Statistics statistics,
            LoopGuard loops,
            ProcessLookup processes) {
        this.statistics = statistics;
        this.routing = routing;
        this.loops = loops;
        this.processes = processes;
        this.resolver = resolver;
    }

    /** What holds now. Whoever remembers a way compares this with what held then. */
    Routing routing() {
        Dispatcher other = followed;
        return other == null ? routing : other.routing();
    }

    /** Whether nothing has changed since this was the routing. */
    @SuppressWarnings("ReferenceEquality") // each change makes another
    boolean holds(Routing then) {
        return routing() == then;
    }

    /** New connections go this way. */
    void routing(Routing next) {
        routing = next;
    }

    /** From now on always has the other one's routing. */
    void follow(Dispatcher other) {
        followed = other;
    }

    /**
     * The loop on which an inbound's traffic goes out unless a rule on its destination differs, or
     * null if any will do.
     */
    @Nullable EventLoop usualLoop(String inboundTag) {
        Routing now = routing();
        return switch (now.router().usualWay(inboundTag)) {
            case Way.ByOutbound(String tag) -> now.outbound(tag).home();
            // The others' traffic would have to cross.
            case Way.ByBalancer(String tag) -> null;
        };
    }

    /** What the session's user moves, or null if it isn't counted. */
    @Nullable UserTraffic user(Session session) {
        return statistics.user(session);
    }

    /** The addresses that the resolver made up for names; null = none. */
    @Nullable FakeNames fakes() {
        return resolver.fakes();
    }

    /** The session with the name that its destination stands for, if its inbound wants that. */
    Session named(Session session) {
        return session.inbound().sniffing().named(session, fakes());
    }

    /** Whether any rule asks for this. */
    boolean asksFor(Rule.Need need) {
        return routing().router().asksFor(need);
    }

    /**
     * Which outbound takes the session; done at once unless a name must be resolved first, or a
     * process be found.
     */
    Future<Outbound> route(Session session, EventLoop loop) {
        if (loops.isCircle(session)) {
            return loop.newSucceededFuture(LoopGuard.END);
        }
        if (FakeNames.has(fakes(), session.destination())) { // no machine has it
            boolean asked = session.inbound().sniffing().fakes();
            return loop.newSucceededFuture(asked ? FORGOTTEN : UNNAMED);
        }
        RouteQuery query = RouteQuery.of(session);
        Routing now = routing();
        if (session.inbound().isResolver() || isDecided(now.router(), query)) {
            return loop.newSucceededFuture(now.choose(query));
        }
        Promise<Outbound> result = loop.newPromise();
        findOut(query, loop, result);
        return result;
    }

    private static boolean isDecided(Router router, RouteQuery query) {
        return !router.mustFindProcess(query) && !router.mustResolve(query);
    }

    /** One thing after the other, as long as a rule asks for it. */
    private void findOut(RouteQuery query, EventLoop loop, Promise<Outbound> result) {
        Routing now = routing();
        if (now.router().mustFindProcess(query)) {
            processes
                    .find(query.session(), loop)
                    .addListener((Future<LocalProcess> found) -> {
                        if (found.isSuccess()) {
                            findOut(query.from(found.getNow()), loop, result);
                        } else {
                            result.trySuccess(UNIDENTIFIED);
                        }
                    });
        } else if (now.router().mustResolve(query)) {
            resolver.resolve(query.session().destination().host(), loop)
                    .addListener((Future<List<InetAddress>> resolved) ->
                            findOut(
                                    query.resolved(
                                            resolved.isSuccess() ? resolved.getNow() : List.of()),
                                    loop,
                                    result));
        } else {
            result.trySuccess(now.choose(query));
        }
    }

    /** Which outbound takes the session as it stands, without a word to anybody. */
    Outbound outlook(Session session) {
        Routing now = routing();
        return now.outbound(now.router().way(now.router().match(RouteQuery.of(session))));
    }

    /**
     * Dials the destination by the outbound that the rules name.
     *
     * @param loop on which the answer is given
     * @return a {@link DialException} if it can't be reached; cancelling gives up
     */
    Future<Flow> connect(Session asked, EventLoop loop) {
        Session session = named(asked);
        Promise<Flow> result = loop.newPromise();
        route(session, loop)
                .addListener(
                        (Future<Outbound> routed) -> dial(session, routed.getNow(), loop, result));
        return result;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a channel nobody wants is closed
    private void dial(Session session, Outbound outbound, EventLoop loop, Promise<Flow> result) {
        Traffic in = session.inbound().traffic();
        in.opened();
        outbound.traffic().opened();
        Future<DuplexChannel> dialing = outbound.connect(session, loop);
        Dialing.cancelWith(result, dialing);
        dialing.addListener((Future<DuplexChannel> dialed) -> {
            if (dialed.isSuccess()) {
                Flow flow = new Flow(session, outbound, dialed.getNow(), user(session));
                if (result.trySuccess(flow)) {
                    Log.accepted(session, outbound);
                } else {
                    flow.end();
                    flow.remote().close();
                }
                return;
            }
            in.closed();
            outbound.traffic().closed();
            if (!dialed.isCancelled()) {
                in.failed();
                outbound.traffic().failed();
                DialException failure = DialException.of(dialed.cause(), session.destination());
                Log.failed(session, outbound.tag(), failure);
                result.tryFailure(failure);
            }
        });
    }
}
