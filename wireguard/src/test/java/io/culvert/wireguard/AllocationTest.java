package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** The data path makes no object per packet. */
class AllocationTest {
    private static final int WARM_UP = 20_000;
    private static final int PACKETS = 10_000;
    private static final int BATCH = 32;

    @Test
    void sealingAndReceivingAllocateNothingPerPacket() {
        Pair pair = Pair.connected(1);
        byte[] packet = Pair.fromAlice(90);
        MemorySegment memory = Arena.ofAuto().allocate(2_048);
        run(pair, memory, packet, WARM_UP);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        run(pair, memory, packet, PACKETS);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated / PACKETS).as("%d bytes for all", allocated).isZero();
        assertThat(pair.bob.device.counters().packetsReceived()).isEqualTo(WARM_UP + PACKETS);
    }

    private static void run(Pair pair, MemorySegment memory, byte[] packet, int packets) {
        for (int i = 0; i < packets; i++) {
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
