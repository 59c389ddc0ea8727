package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Arrays;
import java.util.SplittableRandom;
import javax.crypto.KeyAgreement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class X25519Test {

    private static final int LENGTH = X25519.KEY_LENGTH;

    private final X25519 x25519 = new X25519();

    /**
     * RFC 7748, section 5.2; then Wycheproof: twist, non-canonical, edge cases of result and
     * private key.
     */
    @ParameterizedTest
    @CsvSource({
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4,"
                + "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c,"
                + "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d,"
                + "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493,"
                + "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        "d85d8c061a50804ac488ad774ac716c3f5ba714b2712e048491379a500211958,"
                + "63aa40c6e38346c5caf23a6df0a5e6c80889a08647e551b3563449befcfc9733,"
                + "279df67a7c4611db4708a0e8282b195e5ac0ed6f4b2f292c6fbd0acac30d1332",
        "d03edde9f3e7b799045f9ac3793d4a9277dadeadc41bec0290f81f744f73775f,"
                + "0200000000000000000000000000000000000000000000000000000000000000,"
                + "b87a1722cc6c1e2feecb54e97abd5a22acc27616f78f6e315fd2b73d9f221e57",
        "60a3a4f130b98a5be4b1cedb7cb85584a3520e142d474dc9ccb909a073a9767f,"
                + "b7b6d39c765cb60c0c8542f4f3952ffb51d3002d4aeb9f8ff988b192043e6d0a,"
                + "0200000000000000000000000000000000000000000000000000000000000000",
        "a023cdd083ef5bb82f10d62e59e15a6800000000000000000000000000000050,"
                + "6c05871352a451dbe182ed5e6ba554f2034456ffe041a054ff9cc56b8e946376,"
                + "6c05871352a451dbe182ed5e6ba554f2034456ffe041a054ff9cc56b8e946376",
    })
    void agreesWithKnownAnswers(String privateKey, String publicKey, String shared) {
        byte[] out = new byte[LENGTH];
        assertThat(x25519.agree(out, 0, Hex.bytes(privateKey), 0, Hex.bytes(publicKey), 0))
                .isTrue();
        assertThat(Hex.string(out)).isEqualTo(shared);
    }

    /** RFC 7748, section 5.2. */
    @ParameterizedTest
    @CsvSource({
        "1, 422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
        "1000, 684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51",
    })
    void iterates(int count, String expected) {
        byte[] k = new byte[LENGTH];
        k[0] = 9;
        byte[] u = k.clone();
        for (int i = 0; i < count; i++) {
            byte[] old = k.clone();
            assertThat(x25519.agree(k, 0, k, 0, u, 0)).isTrue();
            u = old;
        }
        assertThat(Hex.string(k)).isEqualTo(expected);
    }

    /** RFC 7748, section 6.1. */
    @Test
    void bothSidesAgree() {
        byte[] alice =
                Hex.bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
        byte[] bob = Hex.bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
        byte[] alicePublic = publicKey(alice);
        byte[] bobPublic = publicKey(bob);
        assertThat(Hex.string(alicePublic))
                .isEqualTo("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
        assertThat(Hex.string(bobPublic))
                .isEqualTo("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
        byte[] shared =
                Hex.bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
        byte[] out = new byte[LENGTH];
        assertThat(x25519.agree(out, 0, alice, 0, bobPublic, 0)).isTrue();
        assertThat(out).isEqualTo(shared);
        assertThat(x25519.agree(out, 0, bob, 0, alicePublic, 0)).isTrue();
        assertThat(out).isEqualTo(shared);
    }

    /** The points of order 1, 2, 4 and 8 on curve and twist, with their non-canonical forms. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0100000000000000000000000000000000000000000000000000000000000000",
                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "0000000000000000000000000000000000000000000000000000000000000080",
                "0100000000000000000000000000000000000000000000000000000000000080",
                "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            })
    void pointsOfLowOrderAreRejectedWithZeroOutput(String point) {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 8; i++) {
            byte[] out = Hex.sequence(1, LENGTH);
            assertThat(x25519.agree(out, 0, bytes(random), 0, Hex.bytes(point), 0)).isFalse();
            assertThat(out).containsOnly(0);
        }
    }

    @Test
    void agreesWithTheProviderOfTheJdk() throws GeneralSecurityException {
        SplittableRandom random = new SplittableRandom(7748);
        for (int i = 0; i < 300; i++) {
            byte[] privateKey = bytes(random);
            byte[] point = bytes(random);
            byte[] out = new byte[LENGTH];
            assertThat(x25519.agree(out, 0, privateKey, 0, point, 0)).isTrue();
            assertThat(out).as("case %d", i).isEqualTo(agreeInJdk(privateKey, point));
        }
    }

    /**
     * u-coordinates within 40 of 0, of 2^51 * k, of p and of 2^255: limbs that are empty, full, or
     * just carried.
     */
    @Test
    void agreesWithTheProviderOfTheJdkAtTheEdgesOfLimbs() throws GeneralSecurityException {
        SplittableRandom random = new SplittableRandom(25519);
        for (int exponent : new int[] {8, 51, 102, 153, 204, 254, 255}) {
            for (int delta = -40; delta < 40; delta++) {
                BigInteger u =
                        BigInteger.ONE
                                .shiftLeft(exponent)
                                .add(BigInteger.valueOf(delta))
                                .mod(BigInteger.ONE.shiftLeft(255));
                byte[] point = littleEndian(u);
                byte[] privateKey = bytes(random);
                byte[] out = new byte[LENGTH];
                if (x25519.agree(out, 0, privateKey, 0, point, 0)) {
                    assertThat(out)
                            .as("2^%d + %d", exponent, delta)
                            .isEqualTo(agreeInJdk(privateKey, point));
                } else {
                    assertThat(u.mod(P))
                            .isIn(BigInteger.ZERO, BigInteger.ONE, P.subtract(BigInteger.ONE));
                }
            }
        }
    }

    @Test
    void topBitOfThePointIsIgnored() {
        SplittableRandom random = new SplittableRandom(3);
        byte[] privateKey = bytes(random);
        byte[] point = bytes(random);
        byte[] a = new byte[LENGTH];
        byte[] b = new byte[LENGTH];
        x25519.agree(a, 0, privateKey, 0, point, 0);
        point[31] ^= (byte) 0x80;
        x25519.agree(b, 0, privateKey, 0, point, 0);
        assertThat(a).isEqualTo(b);
    }

    @Test
    void offsetsAreHonouredAndNothingElseIsWritten() {
        SplittableRandom random = new SplittableRandom(4);
        byte[] all = new byte[140];
        byte[] privateKey = bytes(random);
        byte[] point = bytes(random);
        System.arraycopy(privateKey, 0, all, 3, LENGTH);
        System.arraycopy(point, 0, all, 37, LENGTH);
        byte[] before = all.clone();
        assertThat(x25519.agree(all, 71, all, 3, all, 37)).isTrue();
        byte[] alone = new byte[LENGTH];
        x25519.agree(alone, 0, privateKey, 0, point, 0);
        assertThat(Arrays.copyOfRange(all, 71, 103)).isEqualTo(alone);
        System.arraycopy(before, 71, all, 71, LENGTH);
        assertThat(all).isEqualTo(before);
    }

    @Test
    void privateKeyIsNotClampedInPlace() {
        byte[] privateKey = new byte[LENGTH];
        Arrays.fill(privateKey, (byte) 0xff);
        publicKey(privateKey);
        assertThat(privateKey).containsOnly(0xff);
        byte[] clamped = privateKey.clone();
        X25519.clamp(clamped, 0);
        assertThat(clamped[0]).isEqualTo((byte) 0xf8);
        assertThat(clamped[31]).isEqualTo((byte) 0x7f);
        assertThat(publicKey(clamped)).isEqualTo(publicKey(privateKey));
    }

    @Test
    void clampSetsAndClearsTheBitsOfTheRfc() {
        byte[] low = new byte[LENGTH + 2];
        X25519.clamp(low, 1);
        byte[] expected = new byte[LENGTH + 2];
        expected[32] = 0x40;
        assertThat(low).isEqualTo(expected);
    }

    @Test
    void shortArraysAreRefused() {
        byte[] key = new byte[LENGTH];
        byte[] tooShort = new byte[LENGTH - 1];
        assertThatThrownBy(() -> x25519.agree(tooShort, 0, key, 0, key, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> x25519.agree(key, 0, tooShort, 0, key, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> x25519.agree(key, 0, key, 0, key, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> x25519.publicKey(key, 0, key, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> X25519.clamp(key, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static final BigInteger P =
            BigInteger.ONE.shiftLeft(255).subtract(BigInteger.valueOf(19));

    private byte[] publicKey(byte[] privateKey) {
        byte[] out = new byte[LENGTH];
        x25519.publicKey(out, 0, privateKey, 0);
        return out;
    }

    private static byte[] bytes(SplittableRandom random) {
        byte[] bytes = new byte[LENGTH];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] littleEndian(BigInteger value) {
        byte[] out = new byte[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            out[i] = value.shiftRight(8 * i).byteValue();
        }
        return out;
    }

    private static byte[] agreeInJdk(byte[] privateKey, byte[] point)
            throws GeneralSecurityException {
        BigInteger u = BigInteger.ZERO;
        for (int i = LENGTH - 1; i >= 0; i--) {
            int octet = i == LENGTH - 1 ? point[i] & 0x7f : point[i] & 0xff;
            u = u.shiftLeft(8).or(BigInteger.valueOf(octet));
        }
        KeyFactory factory = KeyFactory.getInstance("X25519");
        KeyAgreement agreement = KeyAgreement.getInstance("X25519");
        agreement.init(
                factory.generatePrivate(
                        new XECPrivateKeySpec(NamedParameterSpec.X25519, privateKey)));
        agreement.doPhase(
                factory.generatePublic(new XECPublicKeySpec(NamedParameterSpec.X25519, u.mod(P))),
                true);
        return agreement.generateSecret();
    }
}
