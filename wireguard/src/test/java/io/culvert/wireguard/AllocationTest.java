package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** The data path makes no object per packet, once it is compiled. */
class AllocationTest {
    private static final int ROUNDS = 60;
    private static final int PACKETS = 5_000;
    private static final int BATCH = 32;

    @Test
    void sealingAndReceivingAllocateNothingPerPacket() {
        Pair pair = Pair.connected(1);
        byte[] packet = Pair.fromAlice(90);
        MemorySegment memory = Arena.ofAuto().allocate(2_048);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        // when the compiler is done is its own affair; real garbage would be in every round
        for (int round = 0; round < ROUNDS && least >= PACKETS; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            run(pair, memory, packet);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least / PACKETS).as("bytes per packet").isZero();
    }

    private static void run(Pair pair, MemorySegment memory, byte[] packet) {
        for (int i = 0; i < PACKETS; i++) {
            MemorySegment.copy(packet, 0, memory, Wire.BYTE, Device.HEADER, packet.length);
            int length = pair.alice.device.seal(memory, 0, packet.length, pair.now);
            int inner = pair.bob.device.receive(memory, 0, length, pair.alice.address, pair.now);
            if (inner != packet.length) {
                throw new AssertionError("received " + inner);
            }
            if (i % BATCH == 0) {
                pair.bob.device.endBatch(pair.now);
                pair.alice.device.nextDeadline();
                pair.bob.device.nextDeadline();
            }
        }
    }
}
