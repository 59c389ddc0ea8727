package io.culvert.simnet;

import io.culvert.wireguard.PublicKey;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Judges the cookies of one device: a reply goes only to whoever sent a handshake message with a
 * valid mac1 under load, once for each; and under load nobody gets further without the cookie of
 * its address and port, which is worth something for two minutes.
 */
final class CookieModel {
    /** Life of the secret that cookies are made of. */
    private static final long SECRET_LIFE = 120_000_000_000L;

    /** How long the load lasts after it was last seen. */
    private static final long LINGER = 1_000_000_000L;

    /** So many handshake messages that wait are a load: an eighth of the queue. */
    private static final int LOAD = 512;

    private final LifeNode node;
    private final ArrayDeque<Owed> owed = new ArrayDeque<>();
    private final Map<InetSocketAddress, Issued> issued = new HashMap<>();
    private boolean loaded;
    private long loadEndedAt = Long.MIN_VALUE / 4;

    private static final class Owed {
        final InetSocketAddress source;
        final PublicKey key;
        final byte[] mac1;

        Owed(InetSocketAddress source, PublicKey key, byte[] mac1) {
            this.source = source;
            this.key = key;
            this.mac1 = mac1;
        }
    }

    private static final class Issued {
        final byte[] cookie;
        final long at;

        Issued(byte[] cookie, long at) {
            this.cookie = cookie;
            this.at = at;
        }
    }

    CookieModel(LifeNode node) {
        this.node = node;
    }

    void loaded(boolean on) {
        if (loaded && !on) {
            loadEndedAt = node.now();
        }
        loaded = on;
    }

    /** Whether a message may meet the limits of load, which lasts a second longer than seen. */
    boolean mayBeLoaded() {
        return loaded || node.now() - loadEndedAt <= LINGER;
    }

    void forget() {
        owed.clear();
    }

    /** A datagram comes. */
    void receiving() {
        if (node.device.handshakesWaiting() >= LOAD) {
            loadEndedAt = node.now();
        }
    }

    void received(byte[] message, int length, InetSocketAddress source, Outcome outcome) {
        if (!LifeMessage.isHandshake(LifeMessage.type(message, length))) {
            return;
        }
        if (outcome == Outcome.COOKIE_SENT) {
            node.model.require(mayBeLoaded(), "asks for a cookie without load");
            PublicKey own = node.publicKey();
            node.model.require(
                    world().forger().validMac1(own, message, length),
                    "answers a message without a valid mac1");
            int mac1 = LifeMessage.mac1(length);
            byte[] copy = Arrays.copyOfRange(message, mac1, mac1 + LifeMessage.MAC_LENGTH);
            owed.add(new Owed(source, own, copy));
            return;
        }
        node.model.require(
                mayBeLoaded() || outcome != Outcome.RATE_LIMITED, "limits a source without load");
        if (loaded && outcome != Outcome.EARLY_DROP) {
            requireCookie(message, length, source);
        }
    }

    private void requireCookie(byte[] message, int length, InetSocketAddress source) {
        Issued cookie = issued.get(source);
        if (cookie == null) {
            throw node.model.violation("under load, lets a source pass that has no cookie");
        }
        node.model.require(
                world().forger().validMac2(cookie.cookie, message, length),
                "under load, lets a wrong mac2 pass");
        node.model.require(
                node.now() - cookie.at <= SECRET_LIFE, "takes a cookie older than its secret");
    }

    void sent(byte[] reply, InetSocketAddress destination) {
        Owed request = owed.poll();
        if (request == null || !request.source.equals(destination)) {
            throw node.model.violation("sends a cookie to who didn't ask");
        }
        byte[] cookie = world().forger().openCookie(request.key, request.mac1, reply);
        if (cookie == null) {
            throw node.model.violation("sends a cookie that nobody can open");
        }
        Issued before = issued.get(destination);
        if (before == null || !Arrays.equals(before.cookie, cookie)) {
            issued.put(destination, new Issued(cookie, node.now()));
        }
    }

    /** Bounds the time of a reply: it leaves in the turn of the request. */
    void turnEnded() {
        node.model.require(owed.isEmpty(), "owes a cookie reply");
    }

    private LifeWorld world() {
        return node.world;
    }
}
