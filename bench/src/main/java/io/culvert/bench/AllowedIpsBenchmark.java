package io.culvert.bench;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PublicKey;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/**
 * Which peer an inner address belongs to, by how many peers there are. HOSTS: each has a random
 * address of its own. NESTED: beside that the networks of 8, 16, 24 bits and more around it, so
 * that lookups miss several lengths before they hit. Addresses are looked up in random order, out
 * of more than the caches hold.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector"})
public class AllowedIpsBenchmark {
    private static final int LOOKUPS = 1 << 16;

    /** What the configuration looks like. */
    public enum Shape {
        HOSTS4,
        HOSTS6,
        NESTED4,
        NESTED6
    }

    @Param({"1", "256", "65536"})
    int peers;

    @Param Shape shape = Shape.HOSTS4;

    private final SplittableRandom random = new SplittableRandom(1);
    private final Device device =
            new Device(
                    (out, offset, length) -> {
                        for (int i = 0; i < length; i++) {
                            out[offset + i] = (byte) random.nextInt();
                        }
                    },
                    1420);
    private final InetAddress[] addresses = new InetAddress[LOOKUPS];
    private int next;

    @Setup
    public void configure() {
        boolean ipv4 = shape == Shape.HOSTS4 || shape == Shape.NESTED4;
        InetAddress[] own = new InetAddress[peers];
        byte[] key = new byte[32];
        for (int i = 0; i < peers; i++) {
            key[0] = (byte) i;
            key[1] = (byte) (i >>> 8);
            key[2] = (byte) (i >>> 16);
            Peer peer = device.addPeer(PublicKey.of(key));
            own[i] = address(ipv4 ? 4 : 16);
            int longest = ipv4 ? 32 : 128;
            peer.allow(new Cidr(own[i], longest));
            if (shape == Shape.NESTED4 || shape == Shape.NESTED6) {
                for (int length = longest / 4; length < longest; length += longest / 4) {
                    peer.allow(new Cidr(own[i], length));
                }
            }
        }
        for (int i = 0; i < LOOKUPS; i++) {
            addresses[i] = own[random.nextInt(peers)];
        }
    }

    @Benchmark
    public @Nullable Peer lookup() {
        return device.route(addresses[next++ & (LOOKUPS - 1)]);
    }

    private InetAddress address(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) random.nextInt();
        }
        bytes[0] |= 1; // never ::ffff:0:0/96, which Java takes for IPv4
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
