package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PublicKey;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The reserved bytes at the edge. */
@Tag("A2")
class FramingTest {
    private static final byte[] DEVICE = {1, (byte) 0xff, 3};
    private static final byte[] OWN = {4, 5, (byte) 0x80};
    private static final byte[] ZERO = {0, 0, 0};

    private final Device device = new Device((out, at, length) -> {}, TunnelConfig.DEFAULT_MTU);
    private final Peer plain = device.addPeer(key());
    private final Peer special = device.addPeer(key());
    private final Peer zero = device.addPeer(key());
    private final MemorySegment memory = Arena.ofAuto().allocate(100);

    @Test
    void eachPeerHasItsOwnBytesOrElseTheDevices() {
        Framing framing = framing(DEVICE);
        for (int round = 0; round < 2; round++) {
            assertThat(framed(framing, plain)).containsExactly(4, 1, 0xff, 3, 9);
            assertThat(framed(framing, special)).containsExactly(4, 4, 5, 0x80, 9);
            assertThat(framed(framing, special)).containsExactly(4, 4, 5, 0x80, 9);
            assertThat(framed(framing, zero)).containsExactly(4, 0, 0, 0, 9);
        }
    }

    @Test
    void aCookieReplyHasTheDevicesBytes() {
        Framing framing = framing(DEVICE);
        framed(framing, special);
        assertThat(framed(framing, null)).containsExactly(4, 1, 0xff, 3, 9);
        assertThat(framed(framing(null), null)).containsExactly(4, 0, 0, 0, 9);
    }

    @Test
    void withoutSettingsNothingIsWritten() {
        Framing framing = new Framing(builder().build());
        assertThat(framed(framing, plain)).containsExactly(4, 0, 0, 0, 9);
    }

    @Test
    void aPeerAddedLaterHasTheDevicesBytes() {
        Framing framing = framing(DEVICE);
        assertThat(framed(framing, device.addPeer(key()))).containsExactly(4, 1, 0xff, 3, 9);
    }

    @Test
    void aPeerThatWasRemovedAndComesBackKeepsItsOwn() {
        Framing framing = framing(DEVICE);
        PublicKey key = special.publicKey();
        device.removePeer(special);
        assertThat(framed(framing, device.addPeer(key))).containsExactly(4, 4, 5, 0x80, 9);
    }

    @Test
    void whatArrivesIsClearedInEveryDatagramOfATrain() {
        memory.fill((byte) 7);
        for (int i = 0; i < 3; i++) {
            memory.set(ValueLayout.JAVA_BYTE, 2 + 10L * i, (byte) (1 + i));
        }

        framing(DEVICE).incoming(memory, 2, 25, 10);

        assertThat(bytes(0, 30))
                .containsExactly(
                        7, 7, 1, 0, 0, 0, 7, 7, 7, 7, 7, 7, 2, 0, 0, 0, 7, 7, 7, 7, 7, 7, 3, 0, 0,
                        0, 7, 7, 7, 7);
    }

    @Test
    void datagramsTooShortForATypeAreLeftAlone() {
        memory.fill((byte) 7);
        framing(DEVICE).incoming(memory, 0, 3, 3);
        framing(DEVICE).incoming(memory, 0, 13, 10);
        assertThat(bytes(0, 14)).containsExactly(7, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7);
    }

    private Framing framing(byte @Nullable [] ofDevice) {
        return new Framing(
                builder()
                        .reserved(ofDevice)
                        .peer(peer(plain, null))
                        .peer(peer(special, OWN))
                        .peer(peer(zero, ZERO))
                        .build());
    }

    private static TunnelConfig.Builder builder() {
        return TunnelConfig.builder().privateKey(TunnelPair.newKey());
    }

    private static TunnelConfig.Peer peer(Peer peer, byte @Nullable [] reserved) {
        TunnelConfig.Peer same = new TunnelConfig.Peer(peer.publicKey(), null, null, List.of(), 0);
        return reserved == null ? same : same.withReserved(reserved);
    }

    private static PublicKey key() {
        return TunnelPair.newKey().publicKey();
    }

    private int[] framed(Framing framing, @Nullable Peer recipient) {
        memory.fill((byte) 9);
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, 1, 4);
        framing.outgoing(memory, 1, recipient);
        return bytes(1, 5);
    }

    private int[] bytes(int from, int count) {
        int[] unsigned = new int[count];
        for (int i = 0; i < count; i++) {
            unsigned[i] = memory.get(ValueLayout.JAVA_BYTE, from + (long) i) & 0xff;
        }
        return unsigned;
    }
}
