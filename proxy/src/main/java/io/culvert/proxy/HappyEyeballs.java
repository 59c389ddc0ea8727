package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Dials the addresses of one destination, each a little after the one before it or as soon as that
 * one failed; the first to connect wins (RFC 8305 section 5). Lives on the loop it dials on.
 */
@SuppressWarnings("FutureReturnValueIgnored") // losers are closed, nobody waits for it
final class HappyEyeballs {

    /**
     * How attempts follow each other: Xray's {@code happyEyeballs}.
     *
     * @param delayMillis Connection Attempt Delay, RFC 8305 section 8
     * @param atOnce most attempts underway
     * @param ipv6First which family begins
     * @param interleave addresses of the first family before one of the other
     */
    record Settings(long delayMillis, int atOnce, boolean ipv6First, int interleave) {

        /** As the resolver has them, a quarter of a second apart. */
        static final Settings DEFAULT = new Settings(250, Integer.MAX_VALUE, false, 0);

        /** The addresses in the order in which they are tried. */
        List<InetAddress> apply(List<InetAddress> addresses) {
            return interleave == 0
                    ? addresses
                    : AddressOrder.interleave(addresses, ipv6First, interleave);
        }
    }

    private final Destination destination;
    private final List<InetAddress> addresses;
    private final Function<InetSocketAddress, ChannelFuture> dial;
    private final EventLoop loop;
    private final Promise<DuplexChannel> result;
    private final Settings settings;
    private final List<Channel> attempts = new ArrayList<>();
    private int next;
    private int underway;
    private @Nullable DialException best;
    private @Nullable Future<?> stagger;
    private @Nullable Future<?> timeout;

    private HappyEyeballs(
            Destination destination,
            List<InetAddress> addresses,
            Function<InetSocketAddress, ChannelFuture> dial,
            EventLoop loop,
            Settings settings,
            Promise<DuplexChannel> result) {
        this.settings = settings;
        this.destination = destination;
        this.addresses = addresses;
        this.dial = dial;
        this.loop = loop;
        this.result = result;
    }

    /**
     * Begins. Called on {@code loop}.
     *
     * @param addresses in the order to try them; not empty
     * @param dial starts one attempt on {@code loop}
     * @param timeoutSeconds after which all attempts are given up
     * @param result on any loop; cancelling it gives up
     */
    static void race(
            Destination destination,
            List<InetAddress> addresses,
            Function<InetSocketAddress, ChannelFuture> dial,
            EventLoop loop,
            long timeoutSeconds,
            Settings settings,
            Promise<DuplexChannel> result) {
        HappyEyeballs race =
                new HappyEyeballs(destination, addresses, dial, loop, settings, result);
        race.timeout = loop.schedule(race::giveUp, timeoutSeconds, TimeUnit.SECONDS);
        result.addListener(done -> {
            if (done.isCancelled()) {
                loop.execute(race::stop);
            }
        });
        race.attempt();
    }

    private void attempt() {
        if (result.isDone() || next == addresses.size()) {
            return;
        }
        InetSocketAddress address =
                new InetSocketAddress(addresses.get(next++), destination.port());
        underway++;
        ChannelFuture connecting = dial.apply(address);
        attempts.add(connecting.channel());
        if (next < addresses.size() && underway < settings.atOnce()) {
            stagger = loop.schedule(this::attempt, settings.delayMillis(), TimeUnit.MILLISECONDS);
        }
        connecting.addListener(done -> ended(connecting));
    }

    private void ended(ChannelFuture attempt) {
        underway--;
        if (attempt.isSuccess()) {
            attempts.remove(attempt.channel());
            if (!result.trySuccess((DuplexChannel) attempt.channel())) {
                attempt.channel().close();
            }
            stop();
            return;
        }
        Throwable cause = attempt.cause();
        if (cause != null) {
            remember(DialException.of(cause, destination));
        }
        if (next < addresses.size()) {
            cancel(stagger);
            attempt();
        } else if (underway == 0 && best != null) {
            result.tryFailure(best);
            stop();
        }
    }

    private void remember(DialException failure) {
        if (best == null || failure.failure().compareTo(best.failure()) < 0) {
            best = failure;
        }
    }

    private void giveUp() {
        remember(
                new DialException(
                        Failure.TIMEOUT, destination.authority() + " did not answer in time"));
        result.tryFailure(best);
        stop();
    }

    private void stop() {
        next = addresses.size();
        cancel(stagger);
        cancel(timeout);
        List.copyOf(attempts).forEach(Channel::close);
        attempts.clear();
    }

    private static void cancel(@Nullable Future<?> task) {
        if (task != null) {
            task.cancel(false);
        }
    }
}
