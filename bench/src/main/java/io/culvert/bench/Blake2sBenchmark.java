package io.culvert.bench;

import io.culvert.crypto.Blake2s;
import io.culvert.crypto.Hkdf;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** BLAKE2s and what a handshake makes of it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Blake2sBenchmark {
    private static final int BLOCKS = 64;

    /** An initiation is 148 bytes; mac1 covers what comes before its 32 bytes of codes. */
    private static final int MAC1_COVERS = 116;

    private final byte[] message = new byte[BLOCKS * Blake2s.BLOCK_LENGTH];
    private final byte[] first = new byte[32];
    private final byte[] second = new byte[32];
    private final Blake2s hash = new Blake2s(32);
    private final Blake2s mac = new Blake2s(16);
    private final Hkdf hkdf = new Hkdf();

    @Benchmark
    @OperationsPerInvocation(BLOCKS)
    public byte[] compression() {
        hash.reset().update(message, 0, message.length).digest(first, 0);
        return first;
    }

    @Benchmark
    public byte[] mac1() {
        mac.reset(message, 0, 32).update(message, 0, MAC1_COVERS).digest(first, 0);
        return first;
    }

    @Benchmark
    public byte[] kdf2() {
        hkdf.kdf2(first, message, 0, 32, first, second);
        return second;
    }
}
