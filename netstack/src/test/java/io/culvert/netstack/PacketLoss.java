package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Which packets of a path vanish. Handshakes never do: a scenario is about a connection, and a lost
 * SYN costs a second.
 */
abstract class PacketLoss {
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    static final PacketLoss NONE =
            new PacketLoss(0) {
                @Override
                boolean hits(MemorySegment m, long offset, int length) {
                    return false;
                }
            };

    /** The share of packets that vanish in the long run. */
    final double share;

    PacketLoss(double share) {
        this.share = share;
    }

    /** Whether this IPv4 packet with TCP vanishes. */
    final boolean loses(MemorySegment m, long offset, int length) {
        boolean syn = (m.get(ValueLayout.JAVA_BYTE, offset + 33) & TcpFlags.SYN) != 0;
        return !syn && hits(m, offset, length);
    }

    abstract boolean hits(MemorySegment m, long offset, int length);

    static int sequence(MemorySegment m, long offset) {
        return m.get(INT, offset + 24);
    }

    /** Each packet by the same chance. */
    static PacketLoss random(double chance, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new PacketLoss(chance) {
            @Override
            boolean hits(MemorySegment m, long offset, int length) {
                return random.nextDouble() < chance;
            }
        };
    }

    /** Each {@code period}-th packet. */
    static PacketLoss every(int period) {
        return new PacketLoss(1.0 / period) {
            private int left = period;

            @Override
            boolean hits(MemorySegment m, long offset, int length) {
                left = left == 1 ? period : left - 1;
                return left == period;
            }
        };
    }

    /** {@code run} packets in a row vanish at a time. */
    static PacketLoss runs(int run, double chance, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new PacketLoss(chance) {
            private int left;

            @Override
            boolean hits(MemorySegment m, long offset, int length) {
                if (left > 0) {
                    left--;
                    return true;
                }
                // Between runs lie run * (1 - chance) / chance packets on average.
                boolean begins = random.nextDouble() < chance / (run * (1 - chance));
                left = begins ? run - 1 : 0;
                return begins;
            }
        };
    }

    /** Each packet by a chance when it is sent first, and then its first repetition as well. */
    static PacketLoss twice(double chance, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new PacketLoss(chance) {
            private final Set<Integer> repetitions = new HashSet<>();
            private int highest;
            private boolean any;

            @Override
            boolean hits(MemorySegment m, long offset, int length) {
                int sequence = sequence(m, offset);
                boolean fresh = !any || sequence - highest > 0;
                if (!fresh) {
                    return repetitions.remove(sequence);
                }
                any = true;
                highest = sequence;
                boolean lost = random.nextDouble() < chance;
                if (lost) {
                    repetitions.add(sequence);
                }
                return lost;
            }
        };
    }
}
