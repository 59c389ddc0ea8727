package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** Two stacks joined by a seeded link in virtual time. */
final class TwoStacks {
    static final long SECOND = 1_000_000_000L;
    static final long MILLI = 1_000_000L;

    @SuppressWarnings("ArrayRecordComponent") // never compared by value
    private record Flight(long arrives, long number, boolean toB, byte[] bytes)
            implements Comparable<Flight> {
        @Override
        public int compareTo(Flight other) {
            int byTime = Long.compare(arrives, other.arrives);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    final ChunkPool poolA;
    final ChunkPool poolB;
    final NetStack a;
    final NetStack b;
    final Random random;
    LinkConditions conditions;
    long now = 1_000_000_000_000L;

    /** Sees every packet before the link does; false: it is lost. */
    Predicate<byte[]> filter = packet -> true;

    /** Called after every event, and after what the stacks send then. */
    Runnable inspector = () -> {};

    long packetsFromA;
    long packetsFromB;
    long traceHash = 17;

    private final PriorityQueue<Flight> flights = new PriorityQueue<>();
    private final MemorySegment memory = Arena.ofAuto().allocate(1 << 16);
    private final long[] busyUntil = new long[2];
    private final int mtu;
    private long number;

    TwoStacks(long seed, int mtu, LinkConditions conditions) {
        this(seed, mtu, conditions, 64L << 20);
    }

    TwoStacks(long seed, int mtu, LinkConditions conditions, long memoryBytes) {
        this.mtu = mtu;
        this.conditions = conditions;
        random = new Random(seed);
        poolA = new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, memoryBytes);
        poolB = new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, memoryBytes);
        a = stack(mtu, poolA, seed, "10.0.0.1", "fd00::1");
        b = stack(mtu, poolB, ~seed, "10.0.0.2", "fd00::2");
    }

    private static NetStack stack(int mtu, ChunkPool pool, long seed, String v4, String v6) {
        byte[] secret = new byte[32];
        new Random(seed).nextBytes(secret);
        List<InetAddress> addresses = new ArrayList<>();
        addresses.add(Host.address(v4));
        if (mtu >= 1280) {
            addresses.add(Host.address(v6));
        }
        return new NetStack(
                NetStackConfig.builder()
                        .mtu(mtu)
                        .addresses(addresses)
                        .secret(secret)
                        .pool(pool)
                        .build());
    }

    /** One event: everything that is due now, then both stacks' turns. False: nothing is left. */
    boolean step(long until) {
        turn(a, true);
        turn(b, false);
        turn(a, true);
        inspector.run();
        long next = Math.min(a.nextDeadline(), b.nextDeadline());
        Flight first = flights.peek();
        if (first != null) {
            next = Math.min(next, first.arrives);
        }
        if (next == Long.MAX_VALUE || next > until) {
            now = Math.max(now, until);
            return false;
        }
        assertThat(next).as("time goes on").isGreaterThanOrEqualTo(now - MILLI);
        now = Math.max(now, next);
        while (!flights.isEmpty() && flights.peek().arrives <= now) {
            Flight f = flights.remove();
            MemorySegment.copy(f.bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, f.bytes.length);
            (f.toB ? b : a).input(memory, 0, f.bytes.length, now);
        }
        a.handleTimers(now);
        b.handleTimers(now);
        inspector.run();
        return true;
    }

    private void turn(NetStack stack, boolean fromA) {
        stack.endBatch(now);
        stack.deliver();
        int n = stack.pull(memory, 0, mtu, now);
        while (n > 0) {
            assertThat(n).isLessThanOrEqualTo(mtu);
            send(memory.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE), fromA);
            n = stack.pull(memory, 0, mtu, now);
        }
        assertThat(stack.hasOutput(now)).as("hasOutput after pull said 0").isFalse();
    }

    private void send(byte[] packet, boolean fromA) {
        if (fromA) {
            packetsFromA++;
        } else {
            packetsFromB++;
        }
        traceHash = traceHash * 31 + packet.length * 7L + (fromA ? 1 : 0) + now;
        if (!filter.test(packet) || random.nextDouble() < conditions.loss()) {
            return;
        }
        long leaves = now;
        if (conditions.bytesPerSecond() > 0) {
            int direction = fromA ? 1 : 0;
            long start = Math.max(now, busyUntil[direction]);
            long waiting = (start - now) * conditions.bytesPerSecond() / SECOND;
            if (waiting > conditions.queueBytes()) {
                return;
            }
            leaves = start + packet.length * SECOND / conditions.bytesPerSecond();
            busyUntil[direction] = leaves;
        }
        fly(packet, fromA, leaves);
        if (random.nextDouble() < conditions.duplication()) {
            fly(packet, fromA, leaves);
        }
    }

    private void fly(byte[] packet, boolean fromA, long leaves) {
        long jitter =
                conditions.jitter() == 0 ? 0 : (long) (random.nextDouble() * conditions.jitter());
        byte[] bytes = packet;
        if (random.nextDouble() < conditions.corruption()) {
            bytes = packet.clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        long arrives = leaves + conditions.delay() + jitter;
        flights.add(new Flight(arrives, number++, fromA, bytes));
    }

    /** Runs until the condition holds; fails when it takes longer than {@code limit}. */
    void runUntil(BooleanSupplier done, long limit) {
        long end = now + limit;
        while (!done.getAsBoolean()) {
            if (!step(end)) {
                assertThat(done.getAsBoolean()).as("done within " + limit + " ns").isTrue();
                return;
            }
        }
    }

    void run(long nanos) {
        long end = now + nanos;
        while (step(end)) {
            // goes on
        }
    }

    /** After the rests of closed connections have gone, nothing may be left. */
    void assertNothingLeft() {
        run(200 * SECOND);
        assertThat(a.liveFlows()).as("flows of a").isZero();
        assertThat(b.liveFlows()).as("flows of b").isZero();
        assertThat(a.tcp.flows.size()).as("table of a").isZero();
        assertThat(b.tcp.flows.size()).as("table of b").isZero();
        assertThat(poolA.inUse()).as("memory of a").isZero();
        assertThat(poolB.inUse()).as("memory of b").isZero();
        assertThat(a.timers.armed()).as("timers of a").isZero();
        assertThat(b.timers.armed()).as("timers of b").isZero();
    }
}
