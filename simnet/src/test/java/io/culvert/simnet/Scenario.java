package io.culvert.simnet;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The circumstances of a transfer, drawn from a seed: faults of both directions, MTU, family,
 * habits of hosts and ends.
 */
record Scenario(
        SimPair.Options options,
        boolean ipv6,
        LinkProfile up,
        LinkProfile down,
        SimTransfer.Plan plan) {
    private static final long MICRO = 1000;
    private static final long MILLI = 1_000_000;

    /** A scenario in which so many bytes go each way. */
    static Scenario random(SeededRandom random, long bytes) {
        int mtu = random.oneOf(576, 1280, 1280, 1420, 1420);
        boolean ipv6 = mtu >= 1280 && random.nextBoolean();
        SimPair.Options options =
                SimPair.Options.DEFAULT
                        .withMtu(mtu)
                        .withHosts(HostProfile.random(random), HostProfile.random(random));
        LinkProfile common = delays(random);
        SimTransfer.Plan plan =
                new SimTransfer.Plan(
                        bytes,
                        bytes,
                        StreamHabits.random(random),
                        StreamHabits.random(random),
                        random.nextBoolean() ? 0 : random.logBetween(10 * MICRO, 500 * MILLI));
        return new Scenario(options, ipv6, faults(random, common), faults(random, common), plan);
    }

    private static LinkProfile delays(SeededRandom random) {
        long delay = random.logBetween(MILLI, 120 * MILLI);
        LinkProfile.Builder profile = LinkProfile.PERFECT.but().mtu(1500);
        profile.delay(delay, random.nextBoolean() ? 0 : random.between(0, delay / 4));
        if (random.chance(0.3)) {
            long rate = random.logBetween(500, 50_000);
            profile.rate(rate, Math.max(20_000, rate * random.between(5, 100)));
        }
        return profile.build();
    }

    private static LinkProfile faults(SeededRandom random, LinkProfile common) {
        LinkProfile.Builder profile = common.but();
        if (random.chance(0.8)) {
            profile.loss(random.nextDouble() * random.nextDouble() * 0.05);
        }
        if (random.chance(0.2)) {
            profile.burst(
                    BurstLoss.of(
                            random.nextDouble() * 0.02, random.between(1, 40) * (double) MILLI));
        }
        if (random.chance(0.5)) {
            profile.reorder(
                    random.nextDouble() * 0.05,
                    random.logBetween(100 * MICRO, common.delayNanos()));
        }
        if (random.chance(0.5)) {
            profile.duplicate(random.nextDouble() * 0.05);
        }
        if (random.chance(0.5)) {
            profile.corrupt(random.nextDouble() * 0.02, random.between(1, 20));
        }
        if (random.chance(0.2)) {
            profile.truncate(random.nextDouble() * 0.01);
        }
        return profile.build();
    }

    /**
     * The same without a tunnel, in which only such faults happen that TCP's checksum is sure to
     * notice.
     */
    Scenario withoutTunnel() {
        return new Scenario(
                options.withoutTunnel(),
                ipv6,
                up.but().corrupt(up.corrupt(), 1).build(),
                down.but().corrupt(down.corrupt(), 1).build(),
                plan);
    }

    /** The same with another plan. */
    Scenario withPlan(SimTransfer.Plan other) {
        return new Scenario(options, ipv6, up, down, other);
    }

    /** A destination behind the server, of the scenario's family. */
    InetSocketAddress destination(int number) {
        return destination(ipv6, number);
    }

    static InetSocketAddress destination(boolean ipv6, int number) {
        String address =
                ipv6
                        ? "2001:db8:1::" + Integer.toHexString(number)
                        : "203.0." + (number >> 8) + "." + (number & 255);
        return new InetSocketAddress(InetAddress.ofLiteral(address), 443);
    }

    /** A pair of hosts in these circumstances. */
    SimPair build(SimWorld world) {
        SimPair pair = new SimPair(world, options);
        pair.profile(up, down);
        return pair;
    }

    /** A transfer to the destination of the given number, according to the plan. */
    SimTransfer transfer(SimWorld world, SimPair pair, int number) {
        return new SimTransfer(world, pair, destination(number), plan);
    }

    /**
     * Seconds that a TCP with the congestion control of Reno would need for so many bytes each way:
     * the rate of the bottleneck or that of Mathis et al. (1997), whichever is less, and slow
     * start.
     */
    double idealSeconds(long bytes) {
        double roundTrip =
                (up.delayNanos()
                                        + down.delayNanos()
                                        + (up.jitterNanos() + down.jitterNanos()) / 2.0)
                                / 1e9
                        + 0.002;
        double slowStart = 3 + Math.log(Math.max(bytes, 14_600) / 14_600.0) / Math.log(2);
        return Math.max(seconds(up, bytes, roundTrip), seconds(down, bytes, roundTrip))
                + slowStart * roundTrip;
    }

    private double seconds(LinkProfile link, long bytes, double roundTrip) {
        BurstLoss burst = link.burst();
        double lost =
                link.loss()
                        + link.corrupt()
                        + link.truncate()
                        + burst.badNanos() / (burst.goodNanos() + burst.badNanos());
        double rate = (options.mtu() - 52) / roundTrip * 1.22 / Math.sqrt(Math.max(lost, 1e-9));
        if (link.bytesPerMilli() > 0) {
            rate = Math.min(rate, link.bytesPerMilli() * 900.0);
        }
        return bytes / rate;
    }
}
