package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** C2SP/wycheproof, testvectors_v1. */
class WycheproofTest {

    @ParameterizedTest
    @EnumSource
    void chacha20Poly1305(AeadImplementation implementation) {
        List<Map<String, Object>> tests = VectorFile.wycheproof("chacha20_poly1305_test.json");
        assertThat(tests).hasSize(325);
        ChaCha20Poly1305 aead = implementation.aead();
        for (Map<String, Object> test : tests) {
            AeadCase vector = AeadCase.of(test);
            AeadKey key = new AeadKey(vector.key, 0);
            check(
                    vector,
                    ChaCha20Poly1305.NONCE_LENGTH,
                    (memory, length) ->
                            aead.seal(
                                    key,
                                    vector.iv,
                                    0,
                                    vector.aad,
                                    0,
                                    vector.aadLength(),
                                    memory,
                                    0,
                                    length),
                    (memory, length) ->
                            aead.open(
                                    key,
                                    vector.iv,
                                    0,
                                    vector.aad,
                                    0,
                                    vector.aadLength(),
                                    memory,
                                    0,
                                    length));
        }
    }

    @ParameterizedTest
    @EnumSource
    void xchacha20Poly1305(AeadImplementation implementation) {
        List<Map<String, Object>> tests = VectorFile.wycheproof("xchacha20_poly1305_test.json");
        assertThat(tests).hasSize(315);
        XChaCha20Poly1305 aead = implementation.extendedAead();
        for (Map<String, Object> test : tests) {
            AeadCase vector = AeadCase.of(test);
            byte[] key = vector.key;
            check(
                    vector,
                    XChaCha20Poly1305.NONCE_LENGTH,
                    (memory, length) ->
                            aead.seal(
                                    key,
                                    0,
                                    vector.iv,
                                    0,
                                    vector.aad,
                                    0,
                                    vector.aadLength(),
                                    memory,
                                    0,
                                    length),
                    (memory, length) ->
                            aead.open(
                                    key,
                                    0,
                                    vector.iv,
                                    0,
                                    vector.aad,
                                    0,
                                    vector.aadLength(),
                                    memory,
                                    0,
                                    length));
        }
    }

    @Test
    void x25519() {
        List<Map<String, Object>> tests = VectorFile.wycheproof("x25519_test.json");
        assertThat(tests).hasSize(518);
        X25519 x25519 = new X25519();
        int zeroes = 0;
        for (Map<String, Object> test : tests) {
            String id = "tcId " + VectorFile.string(test, "tcId");
            byte[] out = new byte[X25519.KEY_LENGTH];
            boolean agreed =
                    x25519.agree(
                            out,
                            0,
                            Hex.bytes(VectorFile.string(test, "private")),
                            0,
                            Hex.bytes(VectorFile.string(test, "public")),
                            0);
            String shared = VectorFile.string(test, "shared");
            boolean zero = shared.equals("0".repeat(64));
            assertThat(Hex.string(out)).as(id).isEqualTo(shared);
            assertThat(agreed).as(id).isEqualTo(!zero);
            zeroes += zero ? 1 : 0;
        }
        assertThat(zeroes).isEqualTo(31);
    }

    private static void check(AeadCase vector, int nonceLength, Seal seal, Open open) {
        byte[] sealed = vector.sealed;
        byte[] opened = sealed.clone();
        if (vector.iv.length != nonceLength) {
            assertThat(vector.valid).as(vector.id).isFalse();
            if (vector.iv.length < nonceLength) {
                assertThatThrownBy(() -> open.apply(MemorySegment.ofArray(opened), opened.length))
                        .as(vector.id)
                        .isInstanceOf(IndexOutOfBoundsException.class);
            }
            return;
        }
        assertThat(open.apply(MemorySegment.ofArray(opened), opened.length))
                .as(vector.id)
                .isEqualTo(vector.valid);
        if (!vector.valid) {
            assertThat(opened).as(vector.id).isEqualTo(sealed);
            return;
        }
        int length = vector.message.length;
        assertThat(Arrays.copyOf(opened, length)).as(vector.id).isEqualTo(vector.message);
        byte[] again = Arrays.copyOf(vector.message, sealed.length);
        seal.apply(MemorySegment.ofArray(again), length);
        assertThat(again).as(vector.id).isEqualTo(sealed);
    }

    private interface Seal {
        void apply(MemorySegment memory, int length);
    }

    private interface Open {
        boolean apply(MemorySegment memory, int length);
    }

    private static final class AeadCase {
        final String id;
        final byte[] key;
        final byte[] iv;
        final MemorySegment aad;
        final byte[] message;
        final byte[] sealed;
        final boolean valid;

        private AeadCase(Map<String, Object> test) {
            id = "tcId " + VectorFile.string(test, "tcId");
            key = Hex.bytes(VectorFile.string(test, "key"));
            iv = Hex.bytes(VectorFile.string(test, "iv"));
            aad = MemorySegment.ofArray(Hex.bytes(VectorFile.string(test, "aad")));
            message = Hex.bytes(VectorFile.string(test, "msg"));
            sealed = Hex.bytes(VectorFile.string(test, "ct") + VectorFile.string(test, "tag"));
            valid = VectorFile.string(test, "result").equals("valid");
        }

        static AeadCase of(Map<String, Object> test) {
            return new AeadCase(test);
        }

        int aadLength() {
            return (int) aad.byteSize();
        }
    }
}
