package io.culvert.wireguard;

import java.net.InetAddress;
import java.util.Arrays;

/**
 * A token bucket per source of handshakes, asked under load only: 20 a second, bursts of 5. A
 * source is an IPv4 address or an IPv6 /64. Sources idle for a second are forgotten; there are
 * never more than 65536, beyond which new ones are refused.
 */
final class RateLimiter {
    static final int MAX_SOURCES = 65_536;

    private static final long SECOND = 1_000_000_000;
    private static final long PACKET_COST = SECOND / 20;
    private static final long MAX_TOKENS = 5 * PACKET_COST;
    private static final long IDLE = SECOND;
    private static final long FREE = -1;
    private static final int MIN_CAPACITY = 64;

    /** In ffff::/32, which is multicast and therefore never a source. */
    private static final long IPV4 = 0xffffffff_00000000L;

    private final SipHash hash;
    private long[] sources = new long[0];
    private long[] tokens = new long[0];
    private long[] lastSeen = new long[0];
    private int size;
    private long nextSweep = Constants.NEVER;

    RateLimiter(SipHash hash) {
        this.hash = hash;
        resize(MIN_CAPACITY);
    }

    /** Takes a token of a source if it has one. */
    boolean allow(InetAddress source, long now) {
        handleTimers(now);
        long key = key(source.getAddress());
        int slot = slot(key);
        if (tokens[slot] == FREE) {
            return admit(slot, key, now);
        }
        long filled = Math.min(MAX_TOKENS, tokens[slot] + now - lastSeen[slot]);
        lastSeen[slot] = now;
        boolean allowed = filled >= PACKET_COST;
        tokens[slot] = allowed ? filled - PACKET_COST : filled;
        return allowed;
    }

    /** When to forget idle sources. */
    long nextDeadline() {
        return nextSweep;
    }

    void handleTimers(long now) {
        if (now < nextSweep) {
            return;
        }
        int kept = 0;
        for (int i = 0; i < sources.length; i++) {
            if (tokens[i] != FREE && now - lastSeen[i] > IDLE) {
                tokens[i] = FREE;
            } else if (tokens[i] != FREE) {
                kept++;
            }
        }
        size = kept;
        resize(Math.max(MIN_CAPACITY, Integer.highestOneBit(kept) * 4));
        nextSweep = kept == 0 ? Constants.NEVER : now + IDLE;
    }

    int size() {
        return size;
    }

    private boolean admit(int slot, long key, long now) {
        if (size >= MAX_SOURCES) {
            return false;
        }
        sources[slot] = key;
        tokens[slot] = MAX_TOKENS - PACKET_COST;
        lastSeen[slot] = now;
        size++;
        if (nextSweep == Constants.NEVER) {
            nextSweep = now + IDLE;
        }
        if (2 * size > sources.length) {
            resize(2 * sources.length);
        }
        return true;
    }

    private static long key(byte[] address) {
        return address.length == Integer.BYTES
                ? IPV4 | Integer.toUnsignedLong(Wire.intBe(address, 0))
                : Wire.longBe(address, 0);
    }

    private int slot(long key) {
        int mask = sources.length - 1;
        int slot = (int) hash.hash(key) & mask;
        while (tokens[slot] != FREE && sources[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void resize(int capacity) {
        long[] oldSources = sources;
        long[] oldTokens = tokens;
        long[] oldLastSeen = lastSeen;
        sources = new long[capacity];
        tokens = new long[capacity];
        lastSeen = new long[capacity];
        Arrays.fill(tokens, FREE);
        for (int i = 0; i < oldSources.length; i++) {
            if (oldTokens[i] != FREE) {
                int slot = slot(oldSources[i]);
                sources[slot] = oldSources[i];
                tokens[slot] = oldTokens[i];
                lastSeen[slot] = oldLastSeen[i];
            }
        }
    }
}
