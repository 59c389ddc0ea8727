package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A stack under test with its driver: packets as arrays, time by hand. */
final class Host {
    static final String OWN4 = "10.0.0.2";
    static final String OWN6 = "fd00::2";
    static final String PEER4 = "10.0.0.1";
    static final String PEER6 = "fd00::1";
    static final long MILLI = 1_000_000L;
    static final long SECOND = 1_000_000_000L;

    final NetStack stack;
    final ChunkPool pool;
    private final MemorySegment in = Arena.ofAuto().allocate(1 << 17);
    private final MemorySegment out = Arena.ofAuto().allocate(1 << 17);

    /** Not 0, and where its low half has its top bit set, for the sake of arithmetic. */
    long now = 0xf000_0000L;

    Host() {
        this(b -> b);
    }

    Host(UnaryOperator<NetStackConfig.Builder> settings) {
        this(settings, 16L << 20);
    }

    Host(UnaryOperator<NetStackConfig.Builder> settings, long memoryBytes) {
        pool = new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, memoryBytes);
        NetStackConfig.Builder b =
                NetStackConfig.builder()
                        .mtu(1420)
                        .addresses(List.of(address(OWN4), address(OWN6)))
                        .secret(new byte[32])
                        .pool(pool);
        stack = new NetStack(settings.apply(b).build());
    }

    static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    static InetSocketAddress address(String text, int port) {
        return new InetSocketAddress(address(text), port);
    }

    static MemorySegment segment(byte[] bytes) {
        MemorySegment m = Arena.ofAuto().allocate(Math.max(1, bytes.length));
        MemorySegment.copy(bytes, 0, m, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return m;
    }

    /** Hands a packet in, at an odd place with rubbish around it. */
    Host input(byte[] packet) {
        in.asSlice(0, Math.min(in.byteSize(), packet.length + 64L)).fill((byte) 0xa5);
        MemorySegment.copy(packet, 0, in, ValueLayout.JAVA_BYTE, 17, packet.length);
        stack.input(in, 17, packet.length, now);
        return this;
    }

    /** The same, at the end of its memory, so that reading on throws. */
    Host inputAtEnd(byte[] packet) {
        long at = in.byteSize() - packet.length;
        MemorySegment.copy(packet, 0, in, ValueLayout.JAVA_BYTE, at, packet.length);
        stack.input(in, at, packet.length, now);
        return this;
    }

    Host input(PacketBuilder packet) {
        return input(packet.build());
    }

    /** Ends the batch, runs the handlers and pulls everything that wants out. */
    List<PacketView> turn() {
        stack.endBatch(now);
        stack.deliver();
        return pull();
    }

    List<PacketView> pull() {
        List<PacketView> packets = new ArrayList<>();
        while (true) {
            boolean promised = stack.hasOutput(now);
            int n = stack.pull(out, 5, stack.config.mtu(), now);
            assertThat(promised).as("hasOutput beside pull").isEqualTo(n > 0);
            if (n == 0) {
                return packets;
            }
            assertThat(n).isLessThanOrEqualTo(stack.config.mtu());
            packets.add(new PacketView(out.asSlice(5, n).toArray(ValueLayout.JAVA_BYTE)));
        }
    }

    /** Lets time pass, firing each timer at its deadline, and returns what came out on the way. */
    List<PacketView> advance(long nanos) {
        long end = now + nanos;
        List<PacketView> packets = new ArrayList<>();
        for (long next = stack.nextDeadline(); next <= end; next = stack.nextDeadline()) {
            now = Math.max(now, next);
            stack.handleTimers(now);
            stack.deliver();
            packets.addAll(pull());
        }
        now = end;
        return packets;
    }

    /** Closes the stack and checks that nothing is left of it. */
    void close() {
        stack.close();
        stack.deliver();
        assertThat(stack.liveFlows()).as("flows left").isZero();
        assertThat(pool.inUse()).as("chunks left, bytes").isZero();
        assertThat(stack.timers.armed()).as("timers left").isZero();
    }
}
