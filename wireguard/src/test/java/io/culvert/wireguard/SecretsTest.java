package io.culvert.wireguard;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.culvert.crypto.AeadKey;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where secrets are, and where they are no more, in the memory of the whole JVM. */
@Tag("A12.11")
class SecretsTest {
    private final HeapSearch search = new HeapSearch();
    private @TempDir Path directory;

    @Test
    void aClosedDeviceLeavesNoSecretInTheHeap() throws IOException {
        Pair pair = session(7001);
        pair.alice.device.close(pair.now);
        pair.bob.device.close(pair.now);
        assertThat(search.dump(directory)).isEmpty();
        assertThat(pair.alice.device.isUp()).isFalse(); // the devices were alive in the dump
        assertThat(pair.bob.device.isUp()).isFalse();
    }

    @Test
    void aRunningDeviceHasEachSecretOnce() throws IOException {
        Pair pair = session(7002);
        assertThat(search.dump(directory))
                .containsOnly(
                        entry("alice's key half 0", 1),
                        entry("alice's key half 1", 1),
                        entry("bob's key half 0", 1),
                        entry("bob's key half 1", 1),
                        // one copy at either end
                        entry("psk half 0", 2),
                        entry("psk half 1", 2),
                        entry("alice to bob words 0", 2),
                        entry("alice to bob words 1", 2),
                        entry("bob to alice words 0", 2),
                        entry("bob to alice words 1", 2));
        assertThat(pair.alice.device.isUp()).isTrue();
        assertThat(pair.bob.device.isUp()).isTrue();
    }

    @Test
    void aRemovedPeerTakesItsSecretsAlong() throws IOException {
        Pair pair = session(7003);
        pair.alice.device.removePeer(pair.aliceToBob);
        pair.bob.device.removePeer(pair.bobToAlice);
        assertThat(search.dump(directory).keySet())
                .isNotEmpty()
                .allMatch(found -> found.contains("'s key half"));
        assertThat(pair.aliceToBob.isAttached()).isFalse();
        assertThat(pair.bobToAlice.isAttached()).isFalse();
    }

    @Test
    void nothingThatHoldsASecretShowsIt() {
        Pair pair = session(7004);
        Keypair session = requireNonNull(pair.aliceToBob.keypairs.current());
        List<Object> holders =
                List.of(
                        pair.alice.device,
                        requireNonNull(pair.alice.device.identity()),
                        pair.aliceToBob,
                        pair.aliceToBob.handshake,
                        pair.aliceToBob.cookies,
                        pair.aliceToBob.keypairs,
                        session,
                        session.sending,
                        session.receiving,
                        pair.alice.device.noise,
                        pair.alice.device.crypto,
                        pair.alice.device.counters(),
                        new DeviceEvent.HandshakeCompleted(pair.aliceToBob));
        for (String name : List.of("alice's key", "psk", "alice to bob", "bob to alice")) {
            byte[] secret = search.secret(name);
            for (Object holder : holders) {
                assertThat(holder.toString())
                        .doesNotContain(HexFormat.of().formatHex(secret))
                        .doesNotContain(KeyText.encode(secret))
                        .doesNotContain(Arrays.toString(secret));
            }
        }
    }

    /**
     * Two devices with a session under a preshared key, after data went both ways. Each test has
     * its own seed, since dead objects of another may be in the dump too.
     */
    private Pair session(long seed) {
        Pair pair = new Pair(seed);
        byte[] psk = new byte[KeyText.KEY_LENGTH];
        new SeededEntropy(3 * seed).fill(psk, 0, psk.length);
        search.lookFor("psk", psk);
        for (Peer peer : List.of(pair.aliceToBob, pair.bobToAlice)) {
            PresharedKey key = PresharedKey.of(psk);
            peer.presharedKey(key);
            key.destroy();
        }
        Arrays.fill(psk, (byte) 0);
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.send(pair.bob, Pair.fromBob(100));
        assertThat(pair.alice.received).hasSize(1);
        for (Host host : List.of(pair.alice, pair.bob)) {
            search.lookFor(host.name + "'s key", host.key.raw());
            host.key.destroy();
        }
        Keypair session = requireNonNull(pair.aliceToBob.keypairs.current());
        lookFor("alice to bob", session.sending);
        lookFor("bob to alice", session.receiving);
        return pair;
    }

    private void lookFor(String name, AeadKey key) {
        byte[] bytes = new byte[AeadKey.LENGTH];
        try {
            Field words = AeadKey.class.getDeclaredField("words");
            words.setAccessible(true);
            int[] live = (int[]) words.get(key);
            for (int i = 0; i < live.length; i++) {
                Wire.intLe(bytes, i * Integer.BYTES, live[i]);
            }
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("AeadKey keeps its words", e);
        }
        search.lookFor(name, bytes);
        Arrays.fill(bytes, (byte) 0);
    }
}
