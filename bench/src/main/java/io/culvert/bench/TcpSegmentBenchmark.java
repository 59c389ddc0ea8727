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
import java.util.List;
import java.util.Objects;
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
 * What one full TCP segment of a bulk transfer costs, out of a stack and into it, in trains of 44
 * as a UDP socket with segmentation offload carries them. Header, payload and checksum are made and
 * verified; the acknowledgements, one for each train, are part of it, and so is the far end, which
 * is a template ({@link SegmentPeer}). With {@code -prof gc}: bytes allocated for each segment.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TcpSegmentBenchmark {
    static final int MTU = 1420;
    private static final int PORT = 443;
    private static final int SEGMENTS = 44 * 32;
    private static final int TRAIN = 44;
    private static final int WRITE = 64 * 1024;

    /** Nanoseconds; 2 Gb/s in whole trains. */
    private static final long TURN = 250_000;

    @Param({"BBR", "CUBIC"})
    CongestionAlgorithm congestion;

    private final MemorySegment out = Arena.ofAuto().allocate(MTU);
    private final MemorySegment written = Arena.ofAuto().allocate(WRITE);
    private final DiscardingHandler sink = new DiscardingHandler();
    private NetStack stack;
    private SegmentPeer peer;
    private long now = 1_000_000_000_000L;

    @Setup
    public void connect() {
        stack = stack(congestion);
        stack.listen(null, PORT, c -> sink);
        peer =
                new SegmentPeer(
                        stack,
                        0x0a000001,
                        0x0a000002,
                        40_000 << 16 | PORT,
                        MTU - SegmentPeer.HEADERS);
        peer.open(out, now);
    }

    static NetStack stack(CongestionAlgorithm congestion) {
        return new NetStack(
                NetStackConfig.builder()
                        .mtu(MTU)
                        .addresses(List.of(InetAddress.ofLiteral("10.0.0.2")))
                        .secret(new byte[32])
                        .pool(new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, 64L << 20))
                        .tcp(TcpSettings.builder().congestionControl(congestion).build())
                        .build());
    }

    /** Bulk send: a segment pulled. */
    @Benchmark
    @OperationsPerInvocation(SEGMENTS)
    public long out() {
        int pulled = 0;
        while (pulled < SEGMENTS) {
            TcpConnection connection = Objects.requireNonNull(sink.connection);
            while (connection.sendSpace() > 0) {
                connection.write(written, 0, WRITE, () -> {});
            }
            int train = 0;
            int length = stack.pull(out, 0, MTU, now);
            while (length > 0) {
                peer.heard(out, 0, length);
                pulled++;
                length = ++train < TRAIN ? stack.pull(out, 0, MTU, now) : 0;
            }
            now += TURN;
            peer.acknowledge(now);
            turn();
        }
        return now;
    }

    /** Bulk receive: a segment taken in, delivered, and acknowledged with its train. */
    @Benchmark
    @OperationsPerInvocation(SEGMENTS)
    public long in() {
        for (int n = 0; n < SEGMENTS; n += TRAIN) {
            for (int i = 0; i < TRAIN; i++) {
                peer.send(now);
            }
            turn();
            int length = stack.pull(out, 0, MTU, now);
            while (length > 0) {
                peer.heard(out, 0, length);
                length = stack.pull(out, 0, MTU, now);
            }
            now += TURN;
        }
        return now;
    }

    private void turn() {
        stack.endBatch(now);
        stack.handleTimers(now);
        stack.deliver();
    }
}
