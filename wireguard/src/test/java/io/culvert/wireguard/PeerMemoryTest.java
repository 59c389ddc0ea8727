package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a peer costs that has nothing to say. What was allocated is an upper bound of what lives,
 * and unlike that it is exact; the bench measures the live heap.
 */
@Tag("A12.10")
class PeerMemoryTest {
    private static final int PEERS = 10_000;
    private static final int ROUNDS = 5;

    /** Tables that grow leave their halves behind, which the limit of 2 kB live has room for. */
    private static final long MOST_BYTES = 3_000;

    @Test
    void anIdlePeerIsSmall() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        byte[][] keys = keys();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            Device device = configure(keys);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            assertThat(device.peers()).hasSize(PEERS);
        }
        assertThat(least / PEERS).as("bytes allocated per peer").isLessThan(MOST_BYTES);
    }

    @Tag("A1.12")
    @Test
    void configuringAPeerComputesNoSharedSecret() {
        Device device = configure(keys());
        assertThat(device.peers()).noneMatch(peer -> peer.handshake.staticSecret.isKnown());
    }

    @Test
    void sixtyFiveThousandPeersHandshakeLikeOne() {
        Pair pair = new Pair(1);
        byte[] key = new byte[32];
        for (int i = 0; i < 1 << 16; i++) {
            Wire.intLe(key, 0, i);
            key[31] = 1;
            pair.bob.device.addPeer(PublicKey.of(key)).allow(prefix(i));
        }
        assertThat(pair.bob.device.peers()).hasSize((1 << 16) + 1);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.bobToAlice.hasSession(pair.now)).isTrue();
        pair.bob.device.privateKey(PrivateKey.generate(new SeededEntropy(8)), pair.now);
        assertThat(pair.bobToAlice.hasSession(pair.now)).isFalse();
    }

    @Tag("A12.11")
    @Test
    void whatASessionNeededIsGivenUpWithIt() {
        Pair pair = Pair.connected(1);
        pair.send(pair.alice, Pair.fromAlice(100));
        assertThat(pair.aliceToBob.cookies.cookie()).isNotNull();
        pair.jump(600 * SECOND);
        pair.fire();
        pair.advance(600 * SECOND);
        assertThat(pair.aliceToBob.keypairs.isEmpty()).isTrue();
        assertThat(pair.aliceToBob.handshake.secrets()).isNull();
        assertThat(pair.aliceToBob.cookies.cookie()).isNull();
    }

    private static byte[][] keys() {
        SeededEntropy random = new SeededEntropy(1);
        byte[][] keys = new byte[PEERS][32];
        for (byte[] key : keys) {
            random.fill(key, 0, key.length);
        }
        return keys;
    }

    private static Device configure(byte[][] keys) {
        Device device = new Device(new SeededEntropy(2), 1420);
        device.privateKey(PrivateKey.of(new byte[32]), 0);
        InetSocketAddress endpoint = new InetSocketAddress("192.0.2.1", 51820);
        for (int i = 0; i < keys.length; i++) {
            Peer peer = device.addPeer(PublicKey.of(keys[i]));
            peer.endpoint(endpoint);
            peer.allow(prefix(i));
        }
        return device;
    }

    private static Cidr prefix(int number) {
        return Cidr.parse(
                "10." + (number >>> 16) + '.' + (number >>> 8 & 0xff) + '.' + (number & 0xff));
    }
}
