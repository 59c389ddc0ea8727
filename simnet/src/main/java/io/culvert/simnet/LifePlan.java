package io.culvert.simnet;

import java.util.ArrayList;
import java.util.List;

/**
 * What a life will be like, drawn from its seed.
 *
 * @param habits of each device
 * @param pairs who knows whom, by number from 1 on
 * @param seconds of virtual time until everything is well again
 * @param packets about how many inner packets are sent in it
 * @param changes about how many things an administrator does in it
 * @param hostility 0 to 1: how busy the attacker is
 */
record LifePlan(
        List<Habits> habits,
        List<Acquaintance> pairs,
        long seconds,
        int packets,
        int changes,
        double hostility) {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLI = 1_000_000L;

    /** Two devices that know each other, and what the path between them is like each way. */
    record Acquaintance(int one, int other, LinkProfile there, LinkProfile back) {}

    /**
     * A device's own ways.
     *
     * @param clockOrigin of its clock, in nanoseconds
     * @param batchNanos how long it collects datagrams before it looks at them
     * @param lateNanos how late its timers may be handled
     * @param defersHandshakes whether handshake messages wait to be computed
     * @param natTimeout of the NAT in front of it, in nanoseconds; 0 is none
     */
    record Habits(
            long clockOrigin,
            long batchNanos,
            long lateNanos,
            boolean defersHandshakes,
            long natTimeout,
            boolean ipv6) {}

    static LifePlan draw(SeededRandom random) {
        int devices = devices(random);
        List<int[]> pairs = topology(random, devices);
        boolean[] nat = nats(random, devices, pairs);
        boolean ipv6 = random.chance(0.3);
        List<Habits> habits = new ArrayList<>();
        for (int i = 1; i <= devices; i++) {
            habits.add(
                    new Habits(
                            random.between(-1L << 50, 1L << 50),
                            random.chance(0.3) ? random.between(0, 5 * MILLI) : 0,
                            random.chance(0.5) ? random.logBetween(1, 200 * MILLI) : 0,
                            random.chance(0.3),
                            nat[i] ? random.between(30, 180) * SECOND : 0,
                            ipv6));
        }
        List<Acquaintance> acquaintances = new ArrayList<>();
        double roughness = random.nextDouble();
        for (int[] pair : pairs) {
            acquaintances.add(
                    new Acquaintance(
                            pair[0], pair[1], path(random, roughness), path(random, roughness)));
        }
        return new LifePlan(
                habits,
                acquaintances,
                random.logBetween(3600, 6 * 3600),
                (int) random.logBetween(150, 1500),
                random.between(5, 40),
                random.chance(0.1) ? 0 : random.nextDouble());
    }

    private static int devices(SeededRandom random) {
        double size = random.nextDouble();
        if (size < 0.45) {
            return 2;
        }
        return size < 0.8 ? random.between(3, 6) : random.between(7, 20);
    }

    private static List<int[]> topology(SeededRandom random, int devices) {
        List<int[]> pairs = new ArrayList<>();
        int shape = devices > 6 ? random.nextInt(2) : random.nextInt(3);
        for (int i = 1; i <= devices; i++) {
            for (int j = i + 1; j <= devices; j++) {
                boolean known =
                        switch (shape) {
                            case 0 -> i == 1;
                            case 1 -> j == i + 1;
                            default -> true;
                        };
                if (known) {
                    pairs.add(new int[] {i, j});
                }
            }
        }
        return pairs;
    }

    /** Of two that know each other, one at most is behind a NAT: they couldn't find together. */
    private static boolean[] nats(SeededRandom random, int devices, List<int[]> pairs) {
        boolean[] nat = new boolean[devices + 1];
        for (int i = devices; i >= 1; i--) {
            int device = i;
            boolean free =
                    pairs.stream()
                            .allMatch(p ->
                                    (p[0] != device || !nat[p[1]])
                                            && (p[1] != device || !nat[p[0]]));
            nat[i] = free && random.chance(0.35);
        }
        return nat;
    }

    private static LinkProfile path(SeededRandom random, double roughness) {
        double much = roughness * random.nextDouble();
        return LinkProfile.PERFECT
                .but()
                .delay(random.logBetween(MILLI, 400 * MILLI), random.logBetween(1, 50 * MILLI))
                .loss(random.chance(0.7) ? 0.5 * much * much : 0)
                .reorder(random.chance(0.5) ? 0.3 * much : 0, random.logBetween(MILLI, 90 * SECOND))
                .duplicate(random.chance(0.5) ? 0.2 * much : 0)
                .corrupt(random.chance(0.5) ? 0.1 * much : 0, 3)
                .truncate(random.chance(0.3) ? 0.05 * much : 0)
                .build();
    }
}
