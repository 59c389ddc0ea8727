package io.culvert.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Poly1305Test {

    private static final BigInteger P =
            BigInteger.ONE.shiftLeft(130).subtract(BigInteger.valueOf(5));
    private static final BigInteger CLAMP = new BigInteger("0ffffffc0ffffffc0ffffffc0fffffff", 16);

    /** RFC 8439, section 2.5.2. */
    @Test
    void authenticatesTheExampleOfTheRfc() {
        assertThat(
                        tag(
                                Hex.bytes(
                                        "85d6be7857556d337f4452fe42d506a8"
                                                + "0103808afb0db2fd4abff6af4149f51b"),
                                "Cryptographic Forum Research Group".getBytes(US_ASCII)))
                .isEqualTo("a8061dc1305136c6c22b8baf0c0127a9");
    }

    /** RFC 8439, appendix A.3, test vectors 7 to 13, and 1: r, s, message, tag. */
    @ParameterizedTest
    @CsvSource({
        "00000000000000000000000000000000, 00000000000000000000000000000000,"
                + "00000000000000000000000000000000000000000000000000000000000000000000,"
                + "00000000000000000000000000000000",
        "02000000000000000000000000000000, 00000000000000000000000000000000,"
                + "ffffffffffffffffffffffffffffffff, 03000000000000000000000000000000",
        "02000000000000000000000000000000, ffffffffffffffffffffffffffffffff,"
                + "02000000000000000000000000000000, 03000000000000000000000000000000",
        "01000000000000000000000000000000, 00000000000000000000000000000000,"
                + "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff"
                + "11000000000000000000000000000000, 05000000000000000000000000000000",
        "01000000000000000000000000000000, 00000000000000000000000000000000,"
                + "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe"
                + "01010101010101010101010101010101, 00000000000000000000000000000000",
        "02000000000000000000000000000000, 00000000000000000000000000000000,"
                + "fdffffffffffffffffffffffffffffff, faffffffffffffffffffffffffffffff",
        "01000000000000000400000000000000, 00000000000000000000000000000000,"
                + "e33594d7505e43b900000000000000003394d7505e4379cd0100000000000000"
                + "0000000000000000000000000000000001000000000000000000000000000000,"
                + "14000000000000005500000000000000",
        "01000000000000000400000000000000, 00000000000000000000000000000000,"
                + "e33594d7505e43b900000000000000003394d7505e4379cd0100000000000000"
                + "00000000000000000000000000000000, 13000000000000000000000000000000",
    })
    void carriesAsInTheAppendixOfTheRfc(String r, String s, String message, String tag) {
        assertThat(tag(Hex.bytes(r + s), Hex.bytes(message))).isEqualTo(tag);
    }

    /**
     * With r = 1 the accumulator is the plain sum of the blocks: steer it to the edges of the prime
     * and of 2^128.
     */
    @Test
    void reducesAtTheEdgesOfThePrime() {
        BigInteger[] edges = {
            P,
            P.shiftLeft(1),
            BigInteger.ONE.shiftLeft(128),
            BigInteger.ONE.shiftLeft(129),
            BigInteger.ONE.shiftLeft(130),
            BigInteger.ONE.shiftLeft(44),
            BigInteger.ONE.shiftLeft(88),
        };
        byte[] key = new byte[32];
        key[0] = 1;
        for (int s : new int[] {0, 0xff}) {
            Arrays.fill(key, 16, 32, (byte) s);
            for (BigInteger edge : edges) {
                for (int delta = -8; delta <= 8; delta++) {
                    byte[] message = blocksOfSum(edge.add(BigInteger.valueOf(delta)).mod(P));
                    assertThat(tag(key, message))
                            .as("%s + %d", edge, delta)
                            .isEqualTo(reference(key, message));
                }
            }
        }
    }

    @Test
    void agreesWithBigIntegersOnExtremeInput() {
        for (int fill : new int[] {0, 0x7f, 0x80, 0xff}) {
            byte[] key = new byte[32];
            for (int keyFill : new int[] {0, 1, 0x7f, 0xff}) {
                Arrays.fill(key, (byte) keyFill);
                for (int length = 0; length <= 1300; length += 13) {
                    byte[] message = new byte[length];
                    Arrays.fill(message, (byte) fill);
                    assertThat(tag(key, message))
                            .as("%d of %d, key %d", length, fill, keyFill)
                            .isEqualTo(reference(key, message));
                }
            }
        }
    }

    @Test
    void agreesWithBigIntegersOnSeededInput() {
        SplittableRandom random = new SplittableRandom(1305);
        for (int i = 0; i < 2000; i++) {
            byte[] key = new byte[32];
            byte[] message = new byte[random.nextInt(1000)];
            random.nextBytes(key);
            random.nextBytes(message);
            if (random.nextBoolean()) {
                runsOfOnesAndZeros(random, key);
                runsOfOnesAndZeros(random, message);
            }
            assertThat(tag(key, message)).as("case %d", i).isEqualTo(reference(key, message));
        }
    }

    @Test
    void wipeLeavesNothing() {
        Poly1305 poly = new Poly1305();
        poly.init(-1, -1, -1, -1);
        poly.absorb(-1, -1, 1);
        poly.finish();
        poly.wipe();
        poly.finish();
        assertThat(poly.tagLow() | poly.tagHigh()).isZero();
    }

    /** By scalars and by vectors, which must agree. */
    private static String tag(byte[] key, byte[] message) {
        String scalar = tag(key, message, 0);
        int step = VectorPoly1305.STEP_LENGTH;
        for (int vectored = step; vectored <= message.length; vectored *= 2) {
            assertThat(tag(key, message, vectored)).isEqualTo(scalar);
        }
        assertThat(tag(key, message, message.length - message.length % step)).isEqualTo(scalar);
        return scalar;
    }

    private static String tag(byte[] key, byte[] message, int vectored) {
        ByteBuffer k = ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN);
        Poly1305 poly = new Poly1305();
        poly.init(k.getLong(0), k.getLong(8), k.getLong(16), k.getLong(24));
        int whole = message.length & -16;
        MemorySegment segment = MemorySegment.ofArray(message);
        int scalars = Math.min(16, whole - vectored);
        // Some by scalars first, so that vectors don't start from nothing.
        poly.updatePadded(segment, 0, scalars);
        if (vectored > 0) {
            VectorPoly1305 vectorPoly = new VectorPoly1305();
            vectorPoly.init(poly);
            vectorPoly.update(poly, segment, scalars, vectored);
        }
        poly.updatePadded(segment, scalars + vectored, whole - scalars - vectored);
        if (whole < message.length) {
            // Outside the AEAD construction the last block is marked where it ends, not filled up.
            byte[] last = Arrays.copyOf(Arrays.copyOfRange(message, whole, message.length), 16);
            last[message.length - whole] = 1;
            ByteBuffer block = ByteBuffer.wrap(last).order(ByteOrder.LITTLE_ENDIAN);
            poly.absorb(block.getLong(0), block.getLong(8), 0);
        }
        poly.finish();
        return Hex.string(
                ByteBuffer.allocate(16)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(poly.tagLow())
                        .putLong(poly.tagHigh())
                        .array());
    }

    private static String reference(byte[] key, byte[] message) {
        BigInteger r = number(key, 0, 16).and(CLAMP);
        BigInteger h = BigInteger.ZERO;
        for (int at = 0; at < message.length; at += 16) {
            int length = Math.min(16, message.length - at);
            BigInteger block = number(message, at, length).setBit(8 * length);
            h = h.add(block).multiply(r).mod(P);
        }
        BigInteger tag = h.add(number(key, 16, 16));
        byte[] out = new byte[16];
        for (int i = 0; i < 16; i++) {
            out[i] = tag.shiftRight(8 * i).byteValue();
        }
        return Hex.string(out);
    }

    private static BigInteger number(byte[] bytes, int offset, int length) {
        BigInteger value = BigInteger.ZERO;
        for (int i = length - 1; i >= 0; i--) {
            value = value.shiftLeft(8).or(BigInteger.valueOf(bytes[offset + i] & 0xff));
        }
        return value;
    }

    /** Seven blocks, each with its bit 128, whose sum is {@code target} modulo the prime. */
    private static byte[] blocksOfSum(BigInteger target) {
        byte[] message = new byte[7 * 16];
        BigInteger rest = target.subtract(BigInteger.valueOf(7).shiftLeft(128)).mod(P);
        BigInteger most = BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE);
        for (int block = 0; block < 7; block++) {
            BigInteger part = rest.min(most);
            rest = rest.subtract(part);
            for (int i = 0; i < 16; i++) {
                message[block * 16 + i] = part.shiftRight(8 * i).byteValue();
            }
        }
        assertThat(rest).isEqualTo(BigInteger.ZERO);
        return message;
    }

    private static void runsOfOnesAndZeros(SplittableRandom random, byte[] bytes) {
        for (int at = 0; at < bytes.length; ) {
            int end = Math.min(bytes.length, at + 1 + random.nextInt(40));
            Arrays.fill(bytes, at, end, (byte) -random.nextInt(2));
            at = end;
        }
    }
}
