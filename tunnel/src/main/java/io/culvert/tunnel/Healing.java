package io.culvert.tunnel;

import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.netty.channel.IoEventLoop;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a tunnel does to come back by itself: resolves names again, takes fresh sockets, and renews
 * sessions after the machine slept. The engine decides when; here it is done. Event loop only.
 */
final class Healing {
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    /** A wall clock that went back by more was set; by less it was only disciplined. */
    private static final long STEP = TimeUnit.SECONDS.toNanos(1);

    /** Clocks are compared when this much has passed, which after a sleep is at once. */
    private static final long CLOCKS_AGE = TimeUnit.SECONDS.toNanos(1);

    /** How often clocks are compared where nobody tells that the machine woke up. */
    private static final long HEARTBEAT = TimeUnit.SECONDS.toNanos(10);

    private final TunnelLoop tunnel;
    private final UdpBinding binding;
    private final EndpointNames names;
    private final MonotonicClock clock;
    private final TunnelListener listener;

    private long clocksCompared;
    private @Nullable ClockWatch clockWatch;
    private long asleep;
    private long wallOffset = Long.MIN_VALUE;
    private boolean stepBackLogged;
    private long resumes;
    private @Nullable Instant lastResume;

    Healing(
            TunnelLoop tunnel,
            UdpBinding binding,
            EndpointNames names,
            MonotonicClock clock,
            TunnelListener listener) {
        this.tunnel = tunnel;
        this.binding = binding;
        this.names = names;
        this.clock = clock;
        this.listener = listener;
        asleep = clock.asleep();
    }

    /** Begins to watch the clocks. */
    void start(long now) {
        compareClocks(now);
        if (tunnel.loop() instanceof IoEventLoop l
                && UdpTransportChoice.reasonAgainstLinux(l) == null) {
            clockWatch = ClockWatch.start(l, this::clockJumped);
        }
    }

    void close() {
        ClockWatch watch = clockWatch;
        if (watch != null) {
            watch.close();
        }
    }

    private void clockJumped() {
        clocksCompared = clock.now() - CLOCKS_AGE;
        tunnel.wake();
    }

    /** In each turn before timers are handled, which forget sessions that grew too old. */
    void beforeTimers(long now) {
        if (now - clocksCompared >= CLOCKS_AGE) {
            compareClocks(now);
        }
    }

    /**
     * When the next turn has to be for the sake of the clocks; {@link Long#MAX_VALUE} is never,
     * which it is where the system tells, and while no peer has a session or wants one.
     */
    long nextLook(long now) {
        return clockWatch != null || tunnel.device().nextDeadline() == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : now + HEARTBEAT;
    }

    /** The peer's name should be resolved again. */
    void endpointUnanswered(Peer peer) {
        names.resolve(peer.publicKey());
    }

    /** Nobody answers. Not now: this may be the middle of a turn. */
    void socketUnanswered() {
        tunnel.loop().execute(this::renewSockets);
    }

    private void renewSockets() {
        if (tunnel.isClosing()) {
            return;
        }
        try {
            binding.renew();
        } catch (BindException e) {
            LOG.log(Level.INFO, "nobody answers, but no new socket: {0}", e.getMessage());
            return;
        }
        LOG.log(
                Level.INFO,
                "nobody answers: went on with a new socket, on port {0}",
                Integer.toString(binding.port()));
        tunnel.writable();
        try {
            listener.rebound(tunnel.transport().local());
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "the tunnel's listener failed", e);
        }
    }

    private void compareClocks(long now) {
        clocksCompared = now;
        readWallClock(now);
        long sleptBefore = asleep;
        asleep = clock.asleep();
        long slept = asleep - sleptBefore;
        if (slept >= clock.leastSleep()) {
            resumed(slept, now);
        }
    }

    private void resumed(long slept, long now) {
        Device device = tunnel.device();
        Duration duration = Duration.ofNanos(slept);
        resumes++;
        lastResume = Instant.now();
        device.resumed(now);
        LOG.log(
                Level.INFO,
                "the machine slept for {0} s: asking for new sessions",
                Long.toString(duration.toSeconds()));
        try {
            listener.resumed(duration);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "the tunnel's listener failed", e);
        }
    }

    private void readWallClock(long now) {
        long before = wallOffset;
        wallOffset = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - now;
        tunnel.device().wallClock(wallOffset);
        if (before != Long.MIN_VALUE && before - wallOffset > STEP && !stepBackLogged) {
            stepBackLogged = true;
            LOG.log(
                    Level.INFO,
                    "the wall clock was set back by {0} s: the timestamps of handshakes go on from"
                            + " where they were",
                    Long.toString(TimeUnit.NANOSECONDS.toSeconds(before - wallOffset)));
        }
    }

    TunnelStats.Healing stats() {
        return new TunnelStats.Healing(
                binding.rebinds(), binding.lastRebind(), resumes, lastResume);
    }
}
