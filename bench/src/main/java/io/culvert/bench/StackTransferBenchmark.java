package io.culvert.bench;

import io.culvert.netstack.ChunkPool;
import io.culvert.netstack.CongestionAlgorithm;
import io.culvert.netstack.NetStack;
import io.culvert.netstack.NetStackConfig;
import io.culvert.netstack.TcpConnection;
import io.culvert.netstack.TcpSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One bulk transfer between two stacks in memory, both on this thread, batches of at most 64
 * packets and 100 microseconds each way: what a MiB costs both of them together, by MTU.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class StackTransferBenchmark {
    private static final int MEBIBYTES = 8;
    private static final int PORT = 443;
    private static final int WRITE = 64 * 1024;
    private static final int BATCH = 64;
    private static final long ONE_WAY = 100_000;

    @Param({"1420", "65535"})
    int mtu;

    @Param({"BBR", "CUBIC"})
    CongestionAlgorithm congestion;

    private final MemorySegment written = Arena.ofAuto().allocate(WRITE);
    private final DiscardingHandler end = new DiscardingHandler();
    private final int[] lengths = new int[BATCH];
    private MemorySegment slab;
    private NetStack near;
    private NetStack far;
    private TcpConnection connection;
    private long now = 1_000_000_000_000L;

    @Setup
    public void connect() {
        slab = Arena.ofAuto().allocate((long) BATCH * mtu);
        near = stack("10.0.0.1", 1);
        far = stack("10.0.0.2", 2);
        far.listen(null, PORT, c -> end);
        InetSocketAddress remote = new InetSocketAddress(InetAddress.ofLiteral("10.0.0.2"), PORT);
        connection = near.connect(remote, end);
    }

    private NetStack stack(String address, int secret) {
        byte[] key = new byte[32];
        key[0] = (byte) secret;
        return new NetStack(
                NetStackConfig.builder()
                        .mtu(mtu)
                        .addresses(List.of(InetAddress.ofLiteral(address)))
                        .secret(key)
                        .pool(new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, 64L << 20))
                        .tcp(TcpSettings.builder().congestionControl(congestion).build())
                        .build());
    }

    /** A MiB, written, carried, read and acknowledged. */
    @Benchmark
    @OperationsPerInvocation(MEBIBYTES)
    public long mebibyte() {
        long until = end.bytes + ((long) MEBIBYTES << 20);
        while (end.bytes < until) {
            while (connection.sendSpace() > 0) {
                connection.write(written, 0, WRITE, () -> {});
            }
            boolean moved = move(near, far);
            now += ONE_WAY;
            moved |= move(far, near);
            now += ONE_WAY;
            if (!moved) {
                now = Math.max(now, Math.min(near.nextDeadline(), far.nextDeadline()));
            }
            near.handleTimers(now);
            far.handleTimers(now);
        }
        return end.bytes;
    }

    private boolean move(NetStack from, NetStack to) {
        int count = 0;
        for (int n = from.pull(slab, 0, mtu, now); n > 0; ) {
            lengths[count++] = n;
            n = count < BATCH ? from.pull(slab, (long) count * mtu, mtu, now) : 0;
        }
        for (int i = 0; i < count; i++) {
            to.input(slab, (long) i * mtu, lengths[i], now + ONE_WAY);
        }
        to.endBatch(now + ONE_WAY);
        to.deliver();
        return count > 0;
    }
}
