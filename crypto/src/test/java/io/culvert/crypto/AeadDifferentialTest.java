package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.SplittableRandom;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** ChaCha20Poly1305 beside the JDK's provider, which shares no code with it. */
class AeadDifferentialTest {

    private static final int LONGEST = 2100;
    private static final int TAG = ChaCha20Poly1305.TAG_LENGTH;

    private final SplittableRandom random = new SplittableRandom(20);

    @ParameterizedTest
    @EnumSource
    void sealsAndOpensEveryLengthAtAnyOffset(AeadImplementation implementation)
            throws GeneralSecurityException {
        ChaCha20Poly1305 aead = implementation.aead();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(LONGEST + TAG + 64, 64);
            for (int length = 0; length <= LONGEST; length++) {
                long counter = random.nextLong();
                byte[] keyBytes = bytes(32);
                byte[] plain = bytes(length);
                byte[] expected = sealInJdk(keyBytes, counter, new byte[0], plain);
                AeadKey key = new AeadKey(keyBytes, 0);
                int offset = random.nextInt(64);
                copy(plain, memory, offset);
                aead.seal(key, counter, memory, offset, length);
                assertThat(bytes(memory, offset, length + TAG))
                        .as("length %d", length)
                        .isEqualTo(expected);
                assertThat(aead.open(key, counter, memory, offset, length + TAG)).isTrue();
                assertThat(bytes(memory, offset, length)).as("length %d", length).isEqualTo(plain);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void sealsWithEveryLengthOfAssociatedData(AeadImplementation implementation)
            throws GeneralSecurityException {
        ChaCha20Poly1305 aead = implementation.aead();
        for (int length = 0; length <= 1100; length++) {
            byte[] keyBytes = bytes(32);
            byte[] nonce = bytes(12);
            byte[] aad = bytes(length);
            byte[] plain = bytes(random.nextInt(80));
            byte[] memory = Arrays.copyOf(plain, plain.length + TAG);
            aead.seal(
                    new AeadKey(keyBytes, 0),
                    nonce,
                    0,
                    MemorySegment.ofArray(aad),
                    0,
                    length,
                    MemorySegment.ofArray(memory),
                    0,
                    plain.length);
            assertThat(memory)
                    .as("length %d", length)
                    .isEqualTo(sealInJdk(keyBytes, nonce, aad, plain));
        }
    }

    @ParameterizedTest
    @EnumSource
    void sealsLargeMessages(AeadImplementation implementation) throws GeneralSecurityException {
        ChaCha20Poly1305 aead = implementation.aead();
        for (int length : new int[] {4096, 9000, 16384, 65535, 300_001}) {
            byte[] keyBytes = bytes(32);
            byte[] plain = bytes(length);
            byte[] memory = Arrays.copyOf(plain, length + TAG);
            MemorySegment segment = MemorySegment.ofArray(memory);
            AeadKey key = new AeadKey(keyBytes, 0);
            aead.seal(key, length, segment, 0, length);
            assertThat(memory).isEqualTo(sealInJdk(keyBytes, length, new byte[0], plain));
            assertThat(aead.open(key, length, segment, 0, length + TAG)).isTrue();
            assertThat(Arrays.copyOf(memory, length)).isEqualTo(plain);
        }
    }

    /** Ciphertexts of 0xff throughout push every limb of Poly1305 to its limit. */
    @ParameterizedTest
    @EnumSource
    void authenticatesCiphertextsOfOnesAndZeros(AeadImplementation implementation)
            throws GeneralSecurityException {
        ChaCha20Poly1305 aead = implementation.aead();
        for (int length = 0; length <= 1600; length += 8) {
            for (int octet : new int[] {0, 0xff}) {
                byte[] keyBytes = bytes(32);
                byte[] zeros = new byte[length];
                byte[] plain = sealInJdk(keyBytes, 3, new byte[0], zeros);
                plain = Arrays.copyOf(plain, length);
                for (int i = 0; i < length; i++) {
                    plain[i] ^= (byte) octet;
                }
                byte[] memory = Arrays.copyOf(plain, length + TAG);
                aead.seal(new AeadKey(keyBytes, 0), 3, MemorySegment.ofArray(memory), 0, length);
                assertThat(memory)
                        .as("length %d of %d", length, octet)
                        .isEqualTo(sealInJdk(keyBytes, 3, new byte[0], plain));
            }
        }
    }

    private static byte[] sealInJdk(byte[] key, long counter, byte[] aad, byte[] plain)
            throws GeneralSecurityException {
        byte[] nonce =
                ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putLong(4, counter).array();
        return sealInJdk(key, nonce, aad, plain);
    }

    private static byte[] sealInJdk(byte[] key, byte[] nonce, byte[] aad, byte[] plain)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("ChaCha20-Poly1305");
        cipher.init(
                Cipher.ENCRYPT_MODE,
                new SecretKeySpec(key, "ChaCha20"),
                new IvParameterSpec(nonce));
        cipher.updateAAD(aad);
        return cipher.doFinal(plain);
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] bytes(MemorySegment memory, long offset, int length) {
        return memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    }

    private static void copy(byte[] from, MemorySegment to, long offset) {
        MemorySegment.copy(from, 0, to, ValueLayout.JAVA_BYTE, offset, from.length);
    }
}
