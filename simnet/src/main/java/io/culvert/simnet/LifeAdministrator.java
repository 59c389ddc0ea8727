package io.culvert.simnet;

import io.culvert.wireguard.Cidr;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Whoever configures the devices of a life, carries them about and pulls their plugs; and the
 * weather on the paths between them. In the end, {@link #putRight} makes everything well.
 */
final class LifeAdministrator {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLI = 1_000_000L;
    private static final long YEAR = 365L * 86_400 * SECOND;

    private final LifeWorld world;
    private final SeededRandom random;
    private final List<LifeNeighbour> ways;
    private final List<LifePlan.Acquaintance> paths;
    private boolean retired;

    LifeAdministrator(LifeWorld world, List<LifeNeighbour> ways, LifePlan plan) {
        this.world = world;
        this.ways = ways;
        paths = plan.pairs();
        random = world.random("administrator");
    }

    /** The first configuration, and so many changes spread over a time. */
    void begin(int changes, long nanos) {
        for (LifePlan.Acquaintance path : paths) {
            profile(path, path.there(), path.back());
            agreeOnPresharedKey(path, 0);
        }
        for (LifeNeighbour way : ways) {
            way.node.act(way::add);
            if (random.chance(0.3)) {
                way.node.act(() -> way.persistentKeepalive(keepalive()));
            }
        }
        for (int i = 0; i < changes; i++) {
            at(random.between(0, nanos), this::change);
        }
        for (LifeNode node : world.nodes()) {
            at(random.between(0, 20 * SECOND), () -> bringUp(node));
        }
    }

    /** Something for later, unless everything is well by then. */
    private void at(long delay, Runnable action) {
        world.scheduler()
                .after(
                        delay,
                        () -> {
                            if (!retired) {
                                action.run();
                            }
                        });
    }

    private void change() {
        LifeNeighbour way = ways.get(random.nextInt(ways.size()));
        LifeNode node = way.node;
        if (node.isAsleep()) {
            return;
        }
        switch (random.nextInt(15)) {
            case 0 -> changePrivateKey(node);
            case 1 -> agreeOnPresharedKey(paths.get(random.nextInt(paths.size())), 600 * SECOND);
            case 2 -> removeForAWhile(way);
            case 3 -> node.act(() -> misplacePrefix(way));
            case 4 -> node.act(() -> setEndpoint(way));
            case 5 -> takeDown(node);
            case 6, 7 -> {
                world.note(node, "moves");
                node.moveSocket();
            }
            case 8 -> node.act(() -> way.persistentKeepalive(random.chance(0.5) ? 0 : keepalive()));
            case 9, 10 -> suspend(node);
            case 11 -> stepWallClock(node);
            case 12 -> load(node);
            case 13 -> blackout(paths.get(random.nextInt(paths.size())));
            default -> node.act(way::initiate);
        }
    }

    private int keepalive() {
        return (int) random.logBetween(5, 300);
    }

    /** The others are told one by one. */
    private void changePrivateKey(LifeNode node) {
        world.note(node, "changes its private key");
        node.act(node::generateKey);
        for (LifeNeighbour way : ways) {
            if (way.other == node) {
                at(random.logBetween(MILLI, 600 * SECOND), () -> way.node.act(way::learnKey));
            }
        }
    }

    /** Both sides learn a new preshared key, each at its own time. */
    private void agreeOnPresharedKey(LifePlan.Acquaintance path, long within) {
        byte[] key = new byte[32];
        if (random.chance(0.7)) {
            new SeededEntropy(random).fill(key, 0, key.length);
        }
        for (LifeNeighbour way : ways) {
            if (path.one() == Math.min(way.node.number, way.other.number)
                    && path.other() == Math.max(way.node.number, way.other.number)) {
                at(within == 0 ? 0 : random.between(0, within), () -> way.presharedKey(key));
                way.agree(key);
            }
        }
    }

    private void removeForAWhile(LifeNeighbour way) {
        world.note(way.node, "removes " + way.other.name);
        way.node.act(way::remove);
        at(random.logBetween(MILLI, 1200 * SECOND), () -> way.node.act(way::add));
    }

    /** Gives a peer what belongs to another one, whole or in part. */
    private void misplacePrefix(LifeNeighbour way) {
        LifeNode owner = world.nodes().get(random.nextInt(world.nodes().size()));
        Cidr prefix = LifeNeighbour.prefixes(owner).get(random.nextInt(2));
        int host = prefix.address().getAddress().length * Byte.SIZE - random.between(0, 8);
        world.note(way.node, "gives a prefix of " + owner.name + " to " + way.other.name);
        switch (random.nextInt(4)) {
            case 0 -> way.allow(prefix);
            case 1 -> way.allow(new Cidr(prefix.address(), host));
            case 2 -> way.disallow(prefix);
            default -> way.allow(Cidr.parse(random.nextBoolean() ? "0.0.0.0/0" : "fd00::/16"));
        }
    }

    private void setEndpoint(LifeNeighbour way) {
        if (random.chance(0.3)) {
            way.endpoint(null);
        } else if (random.chance(0.4)) {
            way.endpoint(new InetSocketAddress(way.other.socket().address().getAddress(), 9));
        } else {
            way.findOther();
        }
    }

    private void takeDown(LifeNode node) {
        world.note(node, "goes down");
        node.down();
        at(random.logBetween(MILLI, 1200 * SECOND), () -> bringUp(node));
    }

    private void bringUp(LifeNode node) {
        if (!node.isAsleep()) {
            world.note(node, "comes up");
            node.up();
        }
    }

    private void suspend(LifeNode node) {
        boolean clockStands = random.nextBoolean();
        world.note(node, "falls asleep");
        node.suspend();
        at(
                random.logBetween(SECOND, 3 * 3600 * SECOND),
                () -> {
                    if (node.isAsleep()) {
                        world.note(node, "wakes up");
                        node.resume(clockStands, random.nextBoolean());
                    }
                });
    }

    private void stepWallClock(LifeNode node) {
        long step = random.logBetween(MILLI, 20 * YEAR);
        node.stepWallClock(random.nextBoolean() ? step : -step);
    }

    private void load(LifeNode node) {
        world.note(node, "is under load");
        node.load(true);
        at(random.logBetween(10 * SECOND, 600 * SECOND), () -> node.load(false));
    }

    private void blackout(LifePlan.Acquaintance path) {
        profile(path, LinkProfile.BROKEN, random.nextBoolean() ? path.back() : LinkProfile.BROKEN);
        at(random.logBetween(SECOND, 900 * SECOND), () -> profile(path, path.there(), path.back()));
    }

    private void profile(LifePlan.Acquaintance path, LinkProfile there, LinkProfile back) {
        VirtualSocket one = world.nodes().get(path.one() - 1).socket();
        VirtualSocket other = world.nodes().get(path.other() - 1).socket();
        world.network().connect(one, other, there, back);
    }

    /** From now on every device is awake and up, configurations agree, and paths are good. */
    void putRight(LinkProfile path) {
        retired = true;
        paths.forEach(p -> profile(p, path, path));
        for (LifeNode node : world.nodes()) {
            if (node.isAsleep()) {
                node.resume(false, false);
            }
            node.stepWallClock(0);
            node.load(false);
            node.act(() -> {});
        }
        for (LifeNeighbour way : new ArrayList<>(ways)) {
            // A device remembers how far it has stamped for each public key. To one who changed his
            // it may have gone back with its clock, which he, who remembers more, can't accept
            // (A4.2): he has to forget it.
            if (way.node.wasClockStepped() && way.other.hasChangedKey()) {
                way.other.act(way.back()::remove);
            }
        }
        for (LifeNeighbour way : ways) {
            way.node.act(way::putRight);
        }
        world.nodes().forEach(LifeNode::up);
    }

    /** Nobody asks for anything any more. */
    void silence() {
        ways.forEach(way -> way.node.act(() -> way.persistentKeepalive(0)));
    }
}
