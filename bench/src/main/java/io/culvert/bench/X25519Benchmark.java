package io.culvert.bench;

import io.culvert.crypto.X25519;
import io.culvert.crypto.X25519Batch;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.crypto.KeyAgreement;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** X25519 alone and in batches, each figure for one computation, beside the JDK's provider. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector"})
public class X25519Benchmark {
    private static final int BATCH = 32;

    private final byte[] keys = new byte[BATCH * X25519.KEY_LENGTH];
    private final byte[] points = new byte[BATCH * X25519.KEY_LENGTH];
    private final byte[] out = new byte[X25519.KEY_LENGTH];
    private final X25519 x25519 = new X25519();
    private final X25519Batch batch = new X25519Batch(BATCH);
    private KeyPairGenerator jdkGenerator;
    private KeyPair jdkKeys;
    private KeyAgreement jdkAgreement;

    @Setup
    public void prepare() throws GeneralSecurityException {
        Random random = new Random(25519);
        random.nextBytes(keys);
        random.nextBytes(points);
        X25519Batch.warmUp();
        jdkGenerator = KeyPairGenerator.getInstance("X25519");
        jdkKeys = jdkGenerator.generateKeyPair();
        jdkAgreement = KeyAgreement.getInstance("X25519");
    }

    @Benchmark
    public boolean agree() {
        return x25519.agree(out, 0, keys, 0, points, 0);
    }

    @Benchmark
    public byte[] publicKey() {
        x25519.publicKey(out, 0, keys, 0);
        return out;
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public byte[] batchOfAgreements() {
        for (int i = 0; i < BATCH; i++) {
            batch.add(keys, i * X25519.KEY_LENGTH, points, i * X25519.KEY_LENGTH);
        }
        return finish();
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public byte[] batchOfPublicKeys() {
        for (int i = 0; i < BATCH; i++) {
            batch.addBase(keys, i * X25519.KEY_LENGTH);
        }
        return finish();
    }

    @Benchmark
    public byte[] jdkAgree() throws GeneralSecurityException {
        jdkAgreement.init(jdkKeys.getPrivate());
        jdkAgreement.doPhase(jdkKeys.getPublic(), true);
        return jdkAgreement.generateSecret();
    }

    @Benchmark
    public KeyPair jdkKeyPair() {
        return jdkGenerator.generateKeyPair();
    }

    private byte[] finish() {
        batch.compute();
        for (int i = 0; i < BATCH; i++) {
            batch.result(i, out, 0);
        }
        batch.clear();
        return out;
    }
}
