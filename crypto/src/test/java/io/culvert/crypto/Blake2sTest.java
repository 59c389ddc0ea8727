package io.culvert.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class Blake2sTest {

    /** RFC 7693, appendix B. */
    @Test
    void hashesAbc() {
        assertThat(Hex.string(Blake2s.hash("abc".getBytes(US_ASCII))))
                .isEqualTo("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
    }

    /** RFC 7693, appendix E: keyed and not, digests of 16 to 32 bytes, inputs of 0 to 1024. */
    @Test
    void passesTheSelfTestOfTheRfc() {
        Blake2s all = new Blake2s(32);
        for (int digestLength : new int[] {16, 20, 28, 32}) {
            Blake2s hash = new Blake2s(digestLength);
            byte[] digest = new byte[digestLength];
            for (int length : new int[] {0, 3, 64, 65, 255, 1024}) {
                byte[] input = selfTestSequence(length);
                hash.reset().update(input, 0, length).digest(digest, 0);
                all.update(digest, 0, digestLength);
                byte[] key = selfTestSequence(digestLength);
                hash.reset(key, 0, digestLength).update(input, 0, length).digest(digest, 0);
                all.update(digest, 0, digestLength);
            }
        }
        byte[] grand = new byte[32];
        all.digest(grand, 0);
        assertThat(Hex.string(grand))
                .isEqualTo("6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe");
    }

    /** BLAKE2/BLAKE2 blake2s-kat.txt: 256 keyed inputs of 0 to 255 bytes. */
    @Test
    void agreesWithTheKnownAnswers() {
        List<Map<String, String>> cases = VectorFile.sections("blake2s-kat.txt", ':');
        assertThat(cases).hasSize(256);
        Blake2s hash = new Blake2s(32);
        byte[] out = new byte[32];
        for (Map<String, String> test : cases) {
            byte[] input = Hex.bytes(test.getOrDefault("in", ""));
            byte[] key = Hex.bytes(test.getOrDefault("key", ""));
            hash.reset(key, 0, key.length).update(input, 0, input.length).digest(out, 0);
            assertThat(Hex.string(out)).isEqualTo(test.get("hash"));
        }
    }

    /** The keyed 16-byte digest is mac1 and mac2 of WireGuard; answers from Python's hashlib. */
    @Test
    void makesKeyedSixteenByteDigests() {
        Blake2s mac = new Blake2s(16);
        byte[] key = Hex.sequence(0, 32);
        byte[] out = new byte[16];
        mac.reset(key, 0, 32).digest(out, 0);
        assertThat(Hex.string(out)).isEqualTo("9536f9b267655743dee97b8a670f9f53");
        mac.reset(key, 0, 32).update(Hex.sequence(0, 200), 0, 200).digest(out, 0);
        assertThat(Hex.string(out)).isEqualTo("42a6f8ff590af21b512e9e088257aa34");
    }

    @Test
    void splittingTheInputChangesNothing() {
        SplittableRandom random = new SplittableRandom(7693);
        byte[] data = new byte[700];
        random.nextBytes(data);
        Blake2s hash = new Blake2s(32);
        for (int length = 0; length <= 330; length++) {
            byte[] whole = Blake2s.hash(Arrays.copyOf(data, length));
            byte[] pieces = new byte[32];
            hash.reset();
            for (int at = 0; at < length; ) {
                int count = Math.min(length - at, random.nextInt(140));
                hash.update(data, at, count);
                at += count;
            }
            hash.digest(pieces, 0);
            assertThat(pieces).as("length %d", length).isEqualTo(whole);
        }
    }

    @Test
    void segmentsHashAsArraysDo() {
        byte[] data = Hex.sequence(5, 333);
        Blake2s hash = new Blake2s(32);
        byte[] out = new byte[32];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(400);
            MemorySegment.copy(data, 0, memory, ValueLayout.JAVA_BYTE, 7, 333);
            hash.update(memory, 7, 200).update(memory, 207, 133).digest(out, 0);
        }
        assertThat(out).isEqualTo(Blake2s.hash(data));
        hash.reset().update(MemorySegment.ofArray(data), 0, 333).digest(out, 0);
        assertThat(out).isEqualTo(Blake2s.hash(data));
    }

    @Test
    void partsHashAsTheirConcatenation() {
        assertThat(Blake2s.hash(Hex.sequence(0, 70), new byte[0], Hex.sequence(70, 60)))
                .isEqualTo(Blake2s.hash(Hex.sequence(0, 130)));
    }

    @Test
    void emptyKeyIsTheUnkeyedHash() {
        byte[] out = new byte[32];
        new Blake2s(32).reset(new byte[5], 5, 0).digest(out, 0);
        assertThat(out).isEqualTo(Blake2s.hash());
    }

    @Test
    void useAfterDigestWithoutResetIsRefused() {
        Blake2s hash = new Blake2s(32);
        byte[] out = new byte[32];
        hash.digest(out, 0);
        assertThatThrownBy(() -> hash.update(out, 0, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> hash.digest(out, 0)).isInstanceOf(IllegalStateException.class);
        hash.reset().digest(out, 0);
        assertThat(out).isEqualTo(Blake2s.hash());
    }

    @Test
    void wipeForgetsTheMessage() {
        Blake2s hash = new Blake2s(32);
        hash.reset(Hex.sequence(0, 32), 0, 32).update(Hex.sequence(0, 100), 0, 100).wipe();
        byte[] out = new byte[32];
        assertThatThrownBy(() -> hash.digest(out, 0)).isInstanceOf(IllegalStateException.class);
        hash.reset().digest(out, 0);
        assertThat(out).isEqualTo(Blake2s.hash());
    }

    @Test
    void lengthsOutsideTheRfcAreRefused() {
        assertThatThrownBy(() -> new Blake2s(0)).hasMessageContaining("0 is not in 1..32");
        assertThatThrownBy(() -> new Blake2s(33)).hasMessageContaining("33 is not in 1..32");
        assertThatThrownBy(() -> new Blake2s(32).reset(new byte[33], 0, 33))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Blake2s(32).update(new byte[4], 2, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> new Blake2s(16).digest(new byte[15], 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static byte[] selfTestSequence(int length) {
        byte[] out = new byte[length];
        int a = 0xdead4bad * length;
        int b = 1;
        for (int i = 0; i < length; i++) {
            int t = a + b;
            a = b;
            b = t;
            out[i] = (byte) (t >>> 24);
        }
        return out;
    }
}
