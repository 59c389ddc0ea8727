package io.culvert.simnet;

import java.util.List;

/**
 * What the applications of a life say to each other: now and then two of them talk, stream one way,
 * burst or say one thing; in between they are silent, for hours if it comes so.
 */
final class LifeTraffic {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLI = 1_000_000L;

    private final LifeWorld world;
    private final SeededRandom random;
    private final List<LifeNeighbour> ways;
    private boolean over;

    LifeTraffic(LifeWorld world, List<LifeNeighbour> ways) {
        this.world = world;
        this.ways = ways;
        random = world.random("traffic");
    }

    /** Spreads about so many packets over a time. */
    void plan(int packets, long nanos) {
        for (int left = packets; left > 0; ) {
            LifeNeighbour way = ways.get(random.nextInt(ways.size()));
            int size = (int) random.logBetween(1, 60);
            left -= size;
            long start = random.between(0, nanos);
            switch (random.nextInt(4)) {
                case 0 -> world.scheduler().after(start, () -> burst(way, size));
                case 1 -> {
                    long interval = random.logBetween(SECOND, 15 * SECOND);
                    world.scheduler().after(start, () -> stream(way, size, interval));
                }
                case 2 -> {
                    long interval = random.logBetween(100 * MILLI, 20 * SECOND);
                    world.scheduler().after(start, () -> talk(way, size / 2, interval));
                }
                default -> world.scheduler().after(start, () -> send(way));
            }
        }
    }

    /** Ends all that is going on. */
    void end() {
        over = true;
    }

    private void burst(LifeNeighbour way, int size) {
        for (int i = 0; i < size; i++) {
            send(way);
        }
    }

    private void stream(LifeNeighbour way, int left, long interval) {
        send(way);
        if (left > 0) {
            world.scheduler().after(interval, () -> stream(way, left - 1, interval));
        }
    }

    private void talk(LifeNeighbour way, int left, long interval) {
        send(way);
        world.scheduler().after(interval / 3, () -> send(way.back()));
        if (left > 0) {
            long pause = random.between(interval / 2, 2 * interval);
            world.scheduler().after(pause, () -> talk(way, left - 1, interval));
        }
    }

    /** One packet; now and then from an address that isn't the sender's, or to nobody. */
    private void send(LifeNeighbour way) {
        if (over) {
            return;
        }
        LifeNode liar = random.chance(0.05) ? any() : way.node;
        LifeNode target = random.chance(0.02) ? any() : way.other;
        send(way.node, liar, target);
    }

    private LifeNode any() {
        return world.nodes().get(random.nextInt(world.nodes().size()));
    }

    private void send(LifeNode from, LifeNode source, LifeNode target) {
        boolean ipv6 = random.nextBoolean();
        int length =
                random.chance(0.03)
                        ? random.between(LifePackets.MIN_LENGTH, LifeNode.MTU)
                        : random.between(LifePackets.MIN_LENGTH, 120);
        from.send(
                world.packets()
                        .make(
                                from,
                                LifeNeighbour.address(source, ipv6, random.between(1, 254)),
                                LifeNeighbour.address(target, ipv6, random.between(1, 254)),
                                length));
    }

    /** One packet as it should be. */
    LifePackets.Sent sendHonestly(LifeNeighbour way) {
        boolean ipv6 = random.nextBoolean();
        LifePackets.Sent packet =
                world.packets()
                        .make(
                                way.node,
                                LifeNeighbour.address(way.node, ipv6, 7),
                                LifeNeighbour.address(way.other, ipv6, 7),
                                LifePackets.MIN_LENGTH);
        way.node.send(packet);
        return packet;
    }
}
