package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Probes outbounds again and again, so that balancers know them. */
final class Observatory {

    /**
     * What a file asks for.
     *
     * @param selector of the outbounds to probe
     * @param tags of the outbounds to probe
     * @param samples how many probes of each count
     */
    record Settings(
            OutboundSelector selector,
            List<String> tags,
            Probe.Target target,
            long intervalNanos,
            long timeoutNanos,
            int samples) {

        /** The same where there are these outbounds. */
        Settings among(List<String> outboundTags) {
            return new Settings(
                    selector,
                    selector.of(outboundTags),
                    target,
                    intervalNanos,
                    timeoutNanos,
                    samples);
        }
    }

    private final List<Settings> settings;
    private final Map<String, Outbound> outbounds;
    private final EventLoop loop;
    private final Map<String, Health> health = new HashMap<>();
    private final List<Future<?>> timers = new ArrayList<>();

    /**
     * An observatory that does nothing yet.
     *
     * @param known before of outbounds that it probes in the same way
     * @param loop where it keeps its time
     */
    Observatory(
            List<Settings> settings,
            Map<String, Outbound> outbounds,
            Map<String, Health> known,
            EventLoop loop) {
        this.settings = settings;
        this.outbounds = outbounds;
        this.loop = loop;
        for (Settings each : settings) {
            for (String tag : each.tags()) {
                Health before = known.get(tag);
                boolean same = before != null && before.window() == each.samples();
                health.put(tag, same ? before : new Health(each.samples()));
            }
        }
    }

    /** Whether another one would probe the same outbounds in the same way. */
    boolean does(List<Settings> others, Map<String, Outbound> among) {
        return settings.equals(others)
                && health.keySet().stream()
                        .allMatch(tag -> Objects.equals(outbounds.get(tag), among.get(tag)));
    }

    /** What is known of the outbounds that are probed. */
    Map<String, Health> health() {
        return Map.copyOf(health);
    }

    /** Probes at once and from then on at intervals; outbounds take their turns within one. */
    void start() {
        for (Settings each : settings) {
            long step = each.intervalNanos() / Math.max(1, each.tags().size());
            for (int i = 0; i < each.tags().size(); i++) {
                String tag = each.tags().get(i);
                Outbound outbound = outbounds.get(tag);
                Health known = health.get(tag);
                if (outbound == null || known == null) {
                    continue;
                }
                loop.execute(() -> probe(outbound, known, each));
                timers.add(
                        loop.scheduleAtFixedRate(
                                () -> probe(outbound, known, each),
                                each.intervalNanos() + i * step,
                                each.intervalNanos(),
                                TimeUnit.NANOSECONDS));
            }
        }
    }

    void stop() {
        timers.forEach(timer -> timer.cancel(false));
    }

    private void probe(Outbound outbound, Health known, Settings how) {
        long begin = loop.ticker().nanoTime();
        Probe.send(outbound, how.target(), how.timeoutNanos(), loop)
                .addListener(done -> {
                    boolean alive = known.report().isAlive();
                    boolean unknown = known.report().isUnknown();
                    if (done.isSuccess()) {
                        known.succeeded(loop.ticker().nanoTime() - begin);
                    } else {
                        known.failed();
                    }
                    if (unknown || alive != known.report().isAlive()) {
                        Log.info("outbound " + outbound.tag() + " is " + state(known));
                    }
                });
    }

    private static String state(Health known) {
        return known.report().isAlive()
                ? "alive, its probe took " + known.report()
                : "dead: its probe got no answer";
    }
}
