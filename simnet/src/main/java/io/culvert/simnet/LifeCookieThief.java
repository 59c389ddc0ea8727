package io.culvert.simnet;

import io.culvert.wireguard.PublicKey;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gets cookies for his own address from devices under load, and uses them while they last, too
 * long, and from other ports.
 */
final class LifeCookieThief {
    private static final int EPHEMERAL = 8;
    private static final int SENDER = 4;

    private final LifeWorld world;
    private final SeededRandom random;
    private final InetSocketAddress own;
    private final Map<PublicKey, List<byte[]>> loot = new HashMap<>();

    /** mac1 and target of each request, by the index that the reply will name. */
    private final Map<Integer, Request> requests = new HashMap<>();

    private static final class Request {
        final PublicKey target;
        final byte[] mac1;

        Request(PublicKey target, byte[] mac1) {
            this.target = target;
            this.mac1 = mac1;
        }
    }

    LifeCookieThief(LifeWorld world, SeededRandom random, InetSocketAddress own) {
        this.world = world;
        this.random = random;
        this.own = own;
        world.network().bind("attacker", own, this::received);
    }

    private void received(byte[] data, int length, InetSocketAddress source) {
        if (LifeMessage.type(data, length) != LifeMessage.COOKIE) {
            return;
        }
        Request request = requests.get(LifeMessage.receiver(data, LifeMessage.COOKIE));
        if (request == null) {
            return;
        }
        byte[] cookie = world.forger().openCookie(request.target, request.mac1, data);
        if (cookie != null) {
            loot.computeIfAbsent(request.target, target -> new ArrayList<>()).add(cookie);
        }
    }

    /** Visits a device now, soon, and when the cookies that he got are stale. */
    void haunt(LifeNode victim) {
        visit(victim);
        world.scheduler().after(5_000_000_000L, () -> visit(victim));
        world.scheduler().after(130_000_000_000L, () -> visit(victim));
    }

    /** Asks a device, with and without a cookie, fresh or stale. */
    void visit(LifeNode victim) {
        List<byte[]> cookies = loot.getOrDefault(victim.publicKey(), List.of());
        for (int i = 0; i < 4; i++) {
            byte[] cookie =
                    cookies.isEmpty() || i == 0
                            ? null
                            : cookies.get(random.nextInt(cookies.size()));
            InetSocketAddress from =
                    random.chance(0.7)
                            ? own
                            : new InetSocketAddress(own.getAddress(), random.between(1, 6000));
            world.network()
                    .inject(
                            from,
                            victim.socket().address(),
                            initiation(victim.publicKey(), cookie),
                            random.between(0, 300_000_000L));
        }
    }

    /** An initiation that is right in everything that a stranger can make right. */
    byte[] initiation(PublicKey target, byte @Nullable [] cookie) {
        byte[] message = new byte[LifeMessage.INITIATION_LENGTH];
        int mac1 = LifeMessage.mac1(message.length);
        new SeededEntropy(random).fill(message, EPHEMERAL, mac1 - EPHEMERAL);
        LifeMessage.intLe(message, 0, LifeMessage.INITIATION);
        LifeMessage.intLe(message, SENDER, random.nextInt());
        world.forger().mac1(target, message, message.length);
        if (cookie != null) {
            world.forger().mac2(cookie, message, message.length);
        }
        byte[] copy = new byte[LifeMessage.MAC_LENGTH];
        System.arraycopy(message, mac1, copy, 0, copy.length);
        requests.put(LifeMessage.sender(message), new Request(target, copy));
        return message;
    }
}
