package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds a secret holds nothing of it once its work is done. */
class SecretsTest {

    private final SplittableRandom random = new SplittableRandom(13);

    @Test
    void keyAgreementLeavesNoScratch() {
        X25519 x25519 = new X25519();
        byte[] out = new byte[32];
        for (int i = 0; i < 20; i++) {
            x25519.publicKey(out, 0, bytes(32), 0);
            assertThat(x25519.holdsNothing()).isTrue();
            x25519.agree(out, 0, bytes(32), 0, bytes(32), 0);
            assertThat(x25519.holdsNothing()).isTrue();
            x25519.agree(out, 0, bytes(32), 0, new byte[32], 0);
            assertThat(x25519.holdsNothing()).isTrue();
        }
    }

    /** So that the test above can fail. */
    @Test
    void scratchOfTheLadderAndTheTableIsSeenUntilWiped() {
        Ladder25519 ladder = new Ladder25519();
        FixedBase25519 fixedBase = new FixedBase25519();
        byte[] scalar = bytes(32);
        X25519.clamp(scalar, 0);
        ladder.run(new long[5], new long[5], scalar, 0, bytes(32), 0);
        fixedBase.run(new long[5], new long[5], scalar, 0);
        assertThat(ladder.holdsNothing()).isFalse();
        assertThat(fixedBase.holdsNothing()).isFalse();
        ladder.wipe();
        fixedBase.wipe();
        assertThat(ladder.holdsNothing()).isTrue();
        assertThat(fixedBase.holdsNothing()).isTrue();
    }

    @Test
    void hashesForgetTheirMessageAndKeyWithTheDigest() {
        Blake2s hash = new Blake2s(32);
        for (int length : new int[] {1, 63, 64, 65, 128, 200}) {
            hash.reset(bytes(32), 0, 32).update(bytes(length), 0, length);
            assertThat(hash.holdsNothing()).isFalse();
            hash.digest(new byte[32], 0);
            assertThat(hash.holdsNothing()).isTrue();
        }
    }

    @Test
    void messageCodesForgetTheirKeyWithTheirResult() {
        HmacBlake2s hmac = new HmacBlake2s();
        for (int length : new int[] {1, 32, 64, 100}) {
            hmac.init(bytes(length), 0, length).update(bytes(length), 0, length);
            assertThat(hmac.holdsNothing()).isFalse();
            hmac.doFinal(new byte[32], 0);
            assertThat(hmac.holdsNothing()).isTrue();
        }
        hmac.init(bytes(32), 0, 32).keep().update(bytes(1), 0, 1).doFinal(new byte[32], 0);
        assertThat(hmac.holdsNothing()).isFalse();
        hmac.wipe();
        assertThat(hmac.holdsNothing()).isTrue();
    }

    @Test
    void keyDerivationLeavesNoChainingKeyInputOrOutput() {
        Hkdf hkdf = new Hkdf();
        byte[] out1 = new byte[32];
        byte[] out2 = new byte[32];
        byte[] out3 = new byte[32];
        hkdf.kdf1(bytes(32), bytes(32), 0, 32, out1);
        assertThat(hkdf.holdsNothing()).isTrue();
        hkdf.kdf2(bytes(32), bytes(32), 0, 32, out1, out2);
        assertThat(hkdf.holdsNothing()).isTrue();
        hkdf.kdf3(bytes(32), bytes(32), 0, 32, out1, out2, out3);
        assertThat(hkdf.holdsNothing()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void messagesLeaveNoKeystreamOrOneTimeKey(AeadImplementation implementation) {
        AeadEngine engine = implementation.engine();
        ChaCha20Poly1305 aead = new ChaCha20Poly1305(new AeadEngines(engine));
        AeadKey key = new AeadKey(bytes(32), 0);
        for (int length : new int[] {0, 1, 48, 256, 300, 1391, 1420, 1472, 1473, 5000}) {
            for (MemorySegment memory : segments(length + 16)) {
                aead.seal(key, 7, memory, 0, length);
                assertThat(engine.holdsNothing()).as("sealed %d", length).isTrue();
                assertThat(aead.open(key, 8, memory, 0, length + 16)).isFalse();
                assertThat(engine.holdsNothing()).as("refused %d", length).isTrue();
                assertThat(aead.open(key, 7, memory, 0, length + 16)).isTrue();
                assertThat(engine.holdsNothing()).as("opened %d", length).isTrue();
            }
        }
    }

    /** So that the test above can fail. */
    @ParameterizedTest
    @EnumSource
    void keystreamIsSeenUntilWiped(AeadImplementation implementation) {
        AeadEngine engine = implementation.engine();
        engine.start(new int[] {1, 2, 3, 4, 5, 6, 7, 8}, 1, 2, 3, 1420);
        assertThat(engine.holdsNothing()).isFalse();
        engine.wipe();
        assertThat(engine.holdsNothing()).isTrue();
    }

    @Test
    void extendedNoncesLeaveNoSubkey() {
        XChaCha20Poly1305 aead = AeadImplementation.SCALAR.extendedAead();
        MemorySegment memory = MemorySegment.ofArray(new byte[48]);
        byte[] key = bytes(32);
        byte[] nonce = bytes(24);
        aead.seal(key, 0, nonce, 0, MemorySegment.NULL, 0, 0, memory, 0, 32);
        assertThat(aead.holdsNothing()).isTrue();
        assertThat(aead.open(key, 0, nonce, 0, MemorySegment.NULL, 0, 0, memory, 0, 48)).isTrue();
        assertThat(aead.holdsNothing()).isTrue();
    }

    @Test
    void aDestroyedKeyIsZeroAndShowsNothing() {
        AeadKey key = new AeadKey(Hex.sequence(1, 32), 0);
        int[] words = key.words();
        assertThat(key.toString()).isEqualTo("AeadKey[secret]");
        key.destroy();
        assertThat(words).containsOnly(0);
        assertThat(key.toString()).isEqualTo("AeadKey[destroyed]");
    }

    private static List<MemorySegment> segments(int length) {
        List<MemorySegment> segments = new ArrayList<>();
        segments.add(Arena.ofAuto().allocate(length));
        segments.add(MemorySegment.ofArray(new byte[length]));
        return segments;
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
