package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What ChaCha20Poly1305 promises beside the right bytes. */
class AeadContractTest {

    private static final MemorySegment NO_AAD = MemorySegment.NULL;
    private static final int TAG = ChaCha20Poly1305.TAG_LENGTH;

    private final SplittableRandom random = new SplittableRandom(8439);
    private final byte[] keyBytes = bytes(32);
    private final AeadKey key = new AeadKey(keyBytes, 0);

    @ParameterizedTest
    @EnumSource
    void rejectsAnyFlippedBitAndLeavesTheMemoryUntouched(AeadImplementation implementation) {
        ChaCha20Poly1305 aead = implementation.aead();
        byte[] memory = bytes(75 + TAG);
        MemorySegment segment = MemorySegment.ofArray(memory);
        aead.seal(key, 7, segment, 0, 75);
        for (int bit = 0; bit < memory.length * 8; bit++) {
            memory[bit / 8] ^= (byte) (1 << (bit % 8));
            byte[] before = memory.clone();
            assertThat(aead.open(key, 7, segment, 0, memory.length)).as("bit %d", bit).isFalse();
            assertThat(memory).isEqualTo(before);
            memory[bit / 8] ^= (byte) (1 << (bit % 8));
        }
        assertThat(aead.open(key, 7, segment, 0, memory.length)).isTrue();
    }

    /** In native memory, which isn't staged. */
    @ParameterizedTest
    @EnumSource
    void rejectsFlippedBitsOfLongMessagesAndLeavesTheMemoryAsItWas(
            AeadImplementation implementation) {
        ChaCha20Poly1305 aead = implementation.aead();
        try (Arena arena = Arena.ofConfined()) {
            for (int length : new int[] {256, 300, 1023, 1424, 1472, 1473, 2500}) {
                MemorySegment memory = arena.allocate(3 + length + TAG);
                MemorySegment.copy(bytes(length), 0, memory, ValueLayout.JAVA_BYTE, 3, length);
                byte[] plain = memory.toArray(ValueLayout.JAVA_BYTE);
                aead.seal(key, 8, memory, 3, length);
                for (int i = 0; i < 100; i++) {
                    int bit = 24 + random.nextInt((length + TAG) * 8);
                    flip(memory, bit);
                    byte[] before = memory.toArray(ValueLayout.JAVA_BYTE);
                    assertThat(aead.open(key, 8, memory, 3, length + TAG))
                            .as("bit %d of %d", bit, length)
                            .isFalse();
                    assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(before);
                    flip(memory, bit);
                }
                byte[] tag = memory.asSlice(3 + length).toArray(ValueLayout.JAVA_BYTE);
                assertThat(aead.open(key, 8, memory, 3, length + TAG)).isTrue();
                assertThat(memory.asSlice(0, 3 + length).toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(Arrays.copyOf(plain, 3 + length));
                // A partial block is written as a whole one, which reaches into the tag.
                assertThat(memory.asSlice(3 + length).toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(tag);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyPartOfTheInputIsAuthenticated(AeadImplementation implementation) {
        ChaCha20Poly1305 aead = implementation.aead();
        byte[] memory = bytes(40 + TAG);
        MemorySegment segment = MemorySegment.ofArray(memory);
        MemorySegment aad = MemorySegment.ofArray(bytes(21));
        aead.seal(key, 1L << 40, aad, 2, 17, segment, 0, 40);
        assertThat(aead.open(key, (1L << 40) + 1, aad, 2, 17, segment, 0, 56)).isFalse();
        assertThat(aead.open(key, 1L << 41, aad, 2, 17, segment, 0, 56)).isFalse();
        assertThat(aead.open(key, 1L << 40, aad, 1, 17, segment, 0, 56)).isFalse();
        assertThat(aead.open(key, 1L << 40, aad, 2, 16, segment, 0, 56)).isFalse();
        assertThat(aead.open(key, 1L << 40, aad, 2, 18, segment, 0, 56)).isFalse();
        assertThat(aead.open(key, 1L << 40, segment, 0, 56)).isFalse();
        assertThat(aead.open(key, 1L << 40, aad, 2, 17, segment, 0, 55)).isFalse();
        keyBytes[31] ^= 1;
        assertThat(aead.open(new AeadKey(keyBytes, 0), 1L << 40, aad, 2, 17, segment, 0, 56))
                .isFalse();
        assertThat(aead.open(key, 1L << 40, aad, 2, 17, segment, 0, 56)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void lessThanATagIsNeverAuthentic(AeadImplementation implementation) {
        ChaCha20Poly1305 aead = implementation.aead();
        MemorySegment memory = MemorySegment.ofArray(new byte[TAG]);
        for (int length = 0; length < TAG; length++) {
            assertThat(aead.open(key, 0, memory, 0, length)).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void emptyMessageIsATagAlone(AeadImplementation implementation) {
        ChaCha20Poly1305 aead = implementation.aead();
        MemorySegment memory = MemorySegment.ofArray(new byte[TAG]);
        aead.seal(key, -1, memory, 0, 0);
        assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isNotEqualTo(new byte[TAG]);
        assertThat(aead.open(key, -1, memory, 0, TAG)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void segmentsOfEveryKindGiveTheSameBytesAndNothingAroundThemChanges(
            AeadImplementation implementation) {
        ChaCha20Poly1305 aead = implementation.aead();
        try (Arena arena = Arena.ofConfined()) {
            for (int length : new int[] {0, 1, 15, 64, 100, 300, 513, 1024, 1424, 1999}) {
                byte[] plain = bytes(length + TAG + 16);
                byte[] aadBytes = bytes(19);
                int at = length % 13;
                byte[] heap = plain.clone();
                MemorySegment heapAad = MemorySegment.ofArray(aadBytes);
                MemorySegment heapMemory = MemorySegment.ofArray(heap);
                aead.seal(key, 5, heapAad, 1, 18, heapMemory, at, length);

                MemorySegment memory = arena.allocate(plain.length);
                memory.copyFrom(MemorySegment.ofArray(plain));
                MemorySegment aad = arena.allocate(19);
                aad.copyFrom(heapAad);
                aead.seal(key, 5, aad, 1, 18, memory, at, length);
                assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(heap);

                long[] longs = new long[plain.length / 8 + 2];
                MemorySegment longMemory = MemorySegment.ofArray(longs).asSlice(3, plain.length);
                longMemory.copyFrom(MemorySegment.ofArray(plain));
                aead.seal(key, 5, aad, 1, 18, longMemory, at, length);
                assertThat(longMemory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(heap);

                for (int i = 0; i < plain.length; i++) {
                    if (i < at || i >= at + length + TAG) {
                        assertThat(heap[i]).as("byte %d", i).isEqualTo(plain[i]);
                    }
                }
                assertThat(aead.open(key, 5, heapAad, 1, 18, memory, at, length + TAG)).isTrue();
                assertThat(aead.open(key, 5, aad, 1, 18, heapMemory, at, length + TAG)).isTrue();
                assertThat(memory.asSlice(at, length).mismatch(heapMemory.asSlice(at, length)))
                        .isEqualTo(-1);
                assertThat(heapMemory.asSlice(0, at + length).toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(Arrays.copyOf(plain, at + length));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void rangesOutsideTheSegmentAreRefusedBeforeAnythingIsWritten(
            AeadImplementation implementation) {
        ChaCha20Poly1305 aead = implementation.aead();
        byte[] memory = new byte[100];
        MemorySegment segment = MemorySegment.ofArray(memory);
        assertThatThrownBy(() -> aead.seal(key, 0, segment, 0, 85))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> aead.seal(key, 0, segment, -1, 5))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> aead.seal(key, 0, segment, 0, -1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> aead.seal(key, 0, segment, 0, Integer.MAX_VALUE))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> aead.seal(key, 0, segment, 90, 11, segment, 0, 10))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> aead.seal(key, new byte[12], 1, NO_AAD, 0, 0, segment, 0, 10))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> aead.open(key, 0, segment, 1, 100))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(memory).containsOnly(0);
    }

    @ParameterizedTest
    @EnumSource
    void destroyedKeysAreRefused(AeadImplementation implementation) {
        ChaCha20Poly1305 aead = implementation.aead();
        MemorySegment segment = MemorySegment.ofArray(new byte[100]);
        assertThat(key.isDestroyed()).isFalse();
        int[] words = key.words();
        key.destroy();
        assertThat(words).containsOnly(0);
        assertThat(key.isDestroyed()).isTrue();
        assertThatThrownBy(() -> aead.seal(key, 0, segment, 0, 10))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> aead.open(key, 0, segment, 0, 50))
                .isInstanceOf(IllegalStateException.class);
        key.destroy();
        assertThat(key.toString()).isEqualTo("AeadKey[destroyed]");
    }

    @Test
    void keyShowsNothingOfItself() {
        assertThat(key.toString()).isEqualTo("AeadKey[secret]");
        assertThatThrownBy(() -> new AeadKey(new byte[32], 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static void flip(MemorySegment memory, int bit) {
        byte octet = memory.get(ValueLayout.JAVA_BYTE, bit / 8);
        memory.set(ValueLayout.JAVA_BYTE, bit / 8, (byte) (octet ^ 1 << bit % 8));
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
