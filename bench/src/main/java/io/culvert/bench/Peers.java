package io.culvert.bench;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * What peers cost before they say anything: the time to configure them, and the memory of each. A
 * peer has two allowed IPs, a /32 and a /128. Memory is the difference of the live heap after
 * collections, and of the off-heap buffers, with and without the device's peers. Arguments: numbers
 * of peers.
 */
final class Peers {
    private static final int[] DEFAULT_COUNTS = {10_000, 65_536};
    private static final int ROUNDS = 5;
    private static final int COLLECTIONS = 4;
    private static final int MTU = 1420;

    private Peers() {}

    public static void main(String[] arguments) {
        int[] counts =
                arguments.length == 0
                        ? DEFAULT_COUNTS
                        : Stream.of(arguments).mapToInt(Integer::parseInt).toArray();
        for (int count : counts) {
            byte[][] keys = keys(count);
            List<Double> millis = new ArrayList<>();
            double bytes = 0;
            for (int round = 0; round < ROUNDS; round++) {
                long before = liveBytes();
                long begun = System.nanoTime();
                Device device = configure(keys);
                millis.add((System.nanoTime() - begun) / 1e6);
                bytes = (double) (liveBytes() - before) / count;
                device.close(0);
            }
            System.out.printf(
                    "%6d peers: configured in %.0f ms the first time, %.0f ms the last; %.0f bytes"
                            + " each%n",
                    count, millis.getFirst(), millis.getLast(), bytes);
        }
    }

    private static Device configure(byte[][] keys) {
        SplittableRandom random = new SplittableRandom(2);
        Device device = new Device((out, offset, length) -> fill(random, out, offset, length), MTU);
        device.privateKey(PrivateKey.of(new byte[32]), 0);
        device.up(0);
        for (int i = 0; i < keys.length; i++) {
            Peer peer = device.addPeer(PublicKey.of(keys[i]));
            int high = i >>> 8;
            int low = i & 0xff;
            peer.allow(Cidr.parse("10." + (high >>> 8) + '.' + (high & 0xff) + '.' + low));
            peer.allow(Cidr.parse("fd00::" + Integer.toHexString(high) + ':' + low));
        }
        return device;
    }

    /** Any 32 bytes are a public key. */
    private static byte[][] keys(int count) {
        SplittableRandom random = new SplittableRandom(1);
        byte[][] keys = new byte[count][32];
        for (byte[] key : keys) {
            fill(random, key, 0, key.length);
        }
        return keys;
    }

    private static void fill(SplittableRandom random, byte[] out, int offset, int length) {
        for (int i = 0; i < length; i++) {
            out[offset + i] = (byte) random.nextInt();
        }
    }

    private static long liveBytes() {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
        }
        long offHeap =
                ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .mapToLong(BufferPoolMXBean::getMemoryUsed)
                        .sum();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() + offHeap;
    }
}
