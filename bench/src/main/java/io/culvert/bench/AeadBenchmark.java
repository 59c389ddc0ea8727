package io.culvert.bench;

import io.culvert.crypto.AeadKey;
import io.culvert.crypto.ChaCha20Poly1305;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeUnit;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** ChaCha20-Poly1305 in place on off-heap memory, beside the JDK's provider on arrays. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector"})
public class AeadBenchmark {
    @Param({"64", "1420"})
    int size;

    private final ChaCha20Poly1305 aead = new ChaCha20Poly1305();
    private final AeadKey key = new AeadKey(new byte[AeadKey.LENGTH], 0);
    private final MemorySegment memory = Arena.ofAuto().allocate(2048, 64);
    private final MemorySegment sealed = Arena.ofAuto().allocate(2048, 64);
    private final byte[] array = new byte[2048];
    private final byte[] nonce = new byte[12];
    private final SecretKeySpec jdkKey = new SecretKeySpec(new byte[AeadKey.LENGTH], "ChaCha20");
    private Cipher cipher;
    private long counter;

    @Setup
    public void seal() throws GeneralSecurityException {
        cipher = Cipher.getInstance("ChaCha20-Poly1305");
        aead.seal(key, 0, sealed, 0, size);
    }

    @Benchmark
    public void culvertSeal() {
        aead.seal(key, counter++, memory, 0, size);
    }

    @Benchmark
    public boolean culvertOpen() {
        MemorySegment.copy(sealed, 0, memory, 0, size + ChaCha20Poly1305.TAG_LENGTH);
        return aead.open(key, 0, memory, 0, size + ChaCha20Poly1305.TAG_LENGTH);
    }

    @Benchmark
    public int jdkSeal() throws GeneralSecurityException {
        long n = counter++;
        for (int i = 0; i < Long.BYTES; i++) {
            nonce[4 + i] = (byte) (n >>> (8 * i));
        }
        cipher.init(Cipher.ENCRYPT_MODE, jdkKey, new IvParameterSpec(nonce));
        return cipher.doFinal(array, 0, size, array, 0);
    }
}
