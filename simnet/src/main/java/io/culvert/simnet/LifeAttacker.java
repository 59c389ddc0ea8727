package io.culvert.simnet;

import io.culvert.wireguard.PublicKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;

/**
 * Someone who sees every path, knows every public key and can send from any address. He races
 * genuine datagrams with spoiled ones, byte position after byte position; sends everything he ever
 * saw again, from where it came or from elsewhere; invents messages, with and without valid MACs;
 * and collects cookies.
 */
final class LifeAttacker {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLI = 1_000_000L;

    private final LifeWorld world;
    private final SeededRandom random;
    private final double hostility;
    private final InetSocketAddress own;
    private final LifeCookieThief thief;
    private final int[] positions = new int[5];
    private boolean gone;

    LifeAttacker(LifeWorld world, double hostility) {
        this.world = world;
        this.hostility = hostility;
        random = world.random("attacker");
        own = new InetSocketAddress(InetAddress.ofLiteral("203.0.113.66"), 6666);
        thief = new LifeCookieThief(world, random, own);
        for (int i = 0; i < positions.length; i++) {
            positions[i] = random.nextInt(2048);
        }
    }

    /** Lies in wait for a time. */
    void begin(long nanos) {
        world.onlooker(this::saw);
        int deeds = (int) (hostility * 60);
        for (int i = 0; i < deeds; i++) {
            world.scheduler().after(random.between(0, nanos), this::act);
        }
    }

    /** Once more, everything he has ever seen; then he is gone. */
    void leave() {
        if (hostility > 0) {
            world.archive().all().forEach(seen -> replay(seen, random.between(0, SECOND)));
        }
        gone = true;
    }

    private void saw(LifeArchive.Entry seen) {
        if (gone || !random.chance(hostility * 0.4)) {
            return;
        }
        if (seen.type == LifeMessage.COOKIE
                && !seen.destination.getAddress().equals(own.getAddress())) {
            thief.haunt(seen.from);
        }
        InetSocketAddress source = random.chance(0.7) ? seen.source : own;
        byte[] message =
                switch (random.nextInt(10)) {
                    case 0, 1, 2, 3 -> spoiled(seen);
                    case 4, 5 -> spoiledWithMac1(seen);
                    case 6 -> Arrays.copyOf(seen.bytes, random.between(0, seen.bytes.length));
                    case 7 -> Arrays.copyOf(seen.bytes, seen.bytes.length + random.between(1, 100));
                    default -> seen.bytes.clone();
                };
        // mostly ahead of the genuine one
        inject(message, source, seen.destination, random.logBetween(1, 300 * MILLI));
    }

    private byte[] spoiled(LifeArchive.Entry seen) {
        byte[] message = seen.bytes.clone();
        int position = Math.floorMod(positions[seen.type]++, message.length);
        message[position] ^= (byte) random.nextInt(1, 256);
        return message;
    }

    /**
     * A handshake message that only what it encrypts, or not even that, can tell from a good one.
     */
    private byte[] spoiledWithMac1(LifeArchive.Entry seen) {
        PublicKey recipient = seen.recipientKey;
        if (!LifeMessage.isHandshake(seen.type) || recipient == null) {
            return spoiled(seen);
        }
        byte[] message = seen.bytes.clone();
        int position = random.between(4, LifeMessage.mac1(message.length) - 1);
        message[position] ^= (byte) random.nextInt(1, 256);
        world.forger().mac1(recipient, message, message.length);
        return message;
    }

    private void act() {
        LifeNode victim = world.nodes().get(random.nextInt(world.nodes().size()));
        switch (random.nextInt(8)) {
            case 0 -> garbage(victim);
            case 1 -> floodWithInitiations(victim);
            case 2, 3 -> thief.haunt(victim);
            default -> replayMany();
        }
    }

    private void replayMany() {
        List<LifeArchive.Entry> all = world.archive().all();
        if (all.isEmpty()) {
            return;
        }
        int count = (int) random.logBetween(1, 200);
        boolean recent = random.nextBoolean();
        for (int i = 0; i < count; i++) {
            int age = random.nextInt(recent ? Math.min(all.size(), 50) : all.size());
            replay(all.get(all.size() - 1 - age), random.between(0, 2 * SECOND));
        }
    }

    private void replay(LifeArchive.Entry seen, long delay) {
        LifeNode target = target(seen);
        InetSocketAddress source =
                switch (random.nextInt(4)) {
                    case 0 -> own;
                    case 1 -> seen.from.socket().address();
                    default -> seen.source;
                };
        inject(seen.bytes.clone(), source, target.socket().address(), delay);
    }

    private LifeNode target(LifeArchive.Entry seen) {
        PublicKey recipient = seen.recipientKey;
        LifeNode meant = recipient == null ? null : world.owner(recipient);
        return meant == null || random.chance(0.05)
                ? world.nodes().get(random.nextInt(world.nodes().size()))
                : meant;
    }

    private void garbage(LifeNode victim) {
        for (int i = 0; i < 20; i++) {
            byte[] message = random(random.nextInt(200));
            if (message.length > 8) {
                message[0] = (byte) random.between(0, 5);
                message[1] = (byte) (random.chance(0.1) ? 1 : 0);
                message[2] = 0;
                message[3] = 0;
            }
            inject(message, anywhere(), victim.socket().address(), random.between(0, SECOND));
        }
    }

    private void floodWithInitiations(LifeNode victim) {
        for (int i = 0; i < 30; i++) {
            byte[] message = thief.initiation(victim.publicKey(), null);
            inject(message, anywhere(), victim.socket().address(), random.between(0, SECOND / 5));
        }
    }

    private InetSocketAddress anywhere() {
        return new InetSocketAddress(
                InetAddress.ofLiteral("203.0.113." + random.between(1, 254)),
                random.between(1, 65_535));
    }

    private byte[] random(int length) {
        byte[] bytes = new byte[length];
        new SeededEntropy(random).fill(bytes, 0, length);
        return bytes;
    }

    private void inject(
            byte[] message, InetSocketAddress source, InetSocketAddress destination, long delay) {
        world.network().inject(source, destination, message, delay);
    }
}
