package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** On no level does a datagram cost an object, once what handles it has been compiled. */
@EnabledOnOs(OS.LINUX)
class LinuxUdpAllocationTest {
    private static final int TURNS = 100;
    private static final int MOST_BATCHES = 4000;
    private static final int SEGMENT = 100;
    private static final int DATAGRAMS = 16;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final MemorySegment memory = Arena.ofAuto().allocate(DATAGRAMS * SEGMENT);
    private final TrainBatch batch = new TrainBatch(memory);
    private final ReceiveSlab slab =
            new ReceiveSlab(Arena.ofAuto(), LinuxUdpTransport.RECEIVE_SLAB);
    private long received;

    private final UdpTransport.Receiver counting =
            new UdpTransportContract.Inbox() {
                @Override
                public void datagrams(
                        MemorySegment memory,
                        long offset,
                        int length,
                        int segmentSize,
                        InetSocketAddress source,
                        int ecn) {
                    received += length;
                }
            };

    @ParameterizedTest
    @EnumSource(names = {"GSO", "MMSG", "SINGLE"})
    void sendingAndReceivingStopsAllocating(UdpLevel level) throws IOException {
        LinuxUdpSocket sender = open(level);
        LinuxUdpSocket receiver = open(level);
        try {
            InetSocketAddress to = receiver.local();
            long allocated = Long.MAX_VALUE;
            for (int i = 0; i < MOST_BATCHES && allocated > 0; i++) {
                long before = THREADS.getCurrentThreadAllocatedBytes();
                for (int turn = 0; turn < TURNS; turn++) {
                    carry(sender, receiver, to);
                }
                allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(allocated).as("bytes in the last %d turns", TURNS).isZero();
            assertThat(received).isPositive();
        } finally {
            sender.discard();
            receiver.discard();
        }
    }

    private void carry(LinuxUdpSocket sender, LinuxUdpSocket receiver, InetSocketAddress to) {
        batch.add(0, DATAGRAMS / 2 * SEGMENT, SEGMENT, to, 0);
        batch.add(DATAGRAMS / 2 * SEGMENT, DATAGRAMS / 2 * SEGMENT, SEGMENT, to, 2);
        while (!sender.send(batch)) {
            Thread.onSpinWait();
        }
        while (receiver.receive(slab, counting) != TrainReceiver.WOULD_BLOCK) {
            Thread.onSpinWait();
        }
    }

    private static LinuxUdpSocket open(UdpLevel level) throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
        return LinuxUdpSocket.open(
                any, new UdpCounters(), KernelCalls.REAL, level, List.of(), 0, false);
    }
}
