package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Gives what is routed to it back to the rules, as if it had come in by another inbound. Rules that
 * lead in a circle are noticed by the number of rounds: what has made too many goes nowhere.
 */
final class LoopbackOutbound implements Outbound {

    /**
     * What a file may ask of it.
     *
     * @param inboundTag by which rules are going to know what was routed here
     */
    record Settings(String inboundTag) implements OutboundSettings {}

    /** More than anybody's rules need, and few enough to cost nothing where they are wrong. */
    static final int MAX_ROUNDS = 8;

    private final String tag;
    private final Settings settings;
    private final Supplier<Dispatcher> dispatcher;
    private final AtomicBoolean saidCircle = new AtomicBoolean();
    private final Traffic traffic = new Traffic();
    private final Traffic again = new Traffic();

    /**
     * An outbound that needs the dispatcher which is going to have it.
     *
     * @param dispatcher asked for each flow
     */
    LoopbackOutbound(String tag, Settings settings, Supplier<Dispatcher> dispatcher) {
        this.tag = tag;
        this.settings = settings;
        this.dispatcher = dispatcher;
    }

    @Override
    public String tag() {
        return tag;
    }

    @Override
    public String protocol() {
        return "loopback";
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    /** The protocol stays that of the real inbound: what its clients may not do, they may not. */
    private Session again(Session session) {
        InboundIdentity real = session.inbound();
        return session.again(
                new InboundIdentity(
                        settings.inboundTag(),
                        real.protocol(),
                        again,
                        Sniffing.OFF,
                        real.userLevel()));
    }

    private boolean isCircle(Session session) {
        if (session.rounds() < MAX_ROUNDS) {
            return false;
        }
        if (saidCircle.compareAndSet(false, true)) {
            Log.warning(circle() + ": " + session.destination() + " goes nowhere");
        }
        return true;
    }

    private String circle() {
        return "the rules lead from outbound "
                + tag
                + " (inboundTag "
                + settings.inboundTag()
                + ") back to it, again and again";
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // a channel nobody wants is closed
    public Future<DuplexChannel> connect(Session session, EventLoop loop) {
        if (isCircle(session)) {
            return loop.newFailedFuture(new DialException(Failure.DENIED, circle()));
        }
        Promise<DuplexChannel> result = loop.newPromise();
        Future<Flow> dialing = dispatcher.get().connect(again(session), loop);
        Dialing.cancelWith(result, dialing);
        dialing.addListener((Future<Flow> done) -> {
            if (!done.isSuccess()) {
                result.tryFailure(done.cause());
                return;
            }
            Flow flow = done.getNow();
            DuplexChannel remote = flow.remote();
            remote.pipeline().addBefore(Parking.NAME, null, new FlowMeter(flow));
            remote.closeFuture().addListener(closed -> flow.end());
            if (!result.trySuccess(remote)) {
                flow.abandon();
            }
        });
        return result;
    }

    @Override
    public UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver) {
        return isCircle(session)
                ? UdpPort.NOWHERE
                : new UdpSession(dispatcher.get(), again(session), loop, receiver);
    }

    @Override
    public Future<?> close() {
        return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
    }
}
