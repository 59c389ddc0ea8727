package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("A12.11")
class KeyTest {
    @Test
    void showsAnUnclampedKeyClamped() {
        byte[] ones = new byte[32];
        Arrays.fill(ones, (byte) 0xff);
        byte[] shown = Base64.getDecoder().decode(PrivateKey.of(ones).toBase64());
        assertThat(shown[0]).isEqualTo((byte) 0xf8);
        assertThat(shown[31]).isEqualTo((byte) 0x7f);
    }

    @Test
    void hasThePublicKeyOfTheGoldenVectors() {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) 0x11);
        assertThat(HexFormat.of().formatHex(PrivateKey.of(key).publicKey().bytes()))
                .isEqualTo("7b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13");
    }

    @Test
    void aPresharedKeyOfZerosIsNone() {
        assertThat(PresharedKey.of(new byte[32]).isZero()).isTrue();
        for (int i = 0; i < 32; i++) {
            byte[] key = new byte[32];
            key[i] = 1;
            assertThat(PresharedKey.of(key).isZero()).isFalse();
        }
    }

    @Test
    void survivesARoundTripThroughText() {
        PrivateKey key = PrivateKey.generate(new SeededEntropy(1));
        PublicKey publicKey = key.publicKey();
        assertThat(PrivateKey.fromBase64(key.toBase64()).publicKey()).isEqualTo(publicKey);
        assertThat(PublicKey.fromBase64(publicKey.toBase64()))
                .isEqualTo(publicKey)
                .hasSameHashCodeAs(publicKey)
                .hasToString(publicKey.toBase64());
        PresharedKey psk = PresharedKey.generate(new SeededEntropy(2));
        assertThat(PresharedKey.fromBase64(psk.toBase64()).toBase64()).isEqualTo(psk.toBase64());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "AAAA",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_A=",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nA=",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=A="
            })
    void refusesTextThatIsNotAKeyWithoutShowingIt(String text) {
        assertThatThrownBy(() -> PrivateKey.fromBase64(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("AAAA")
                .hasNoCause();
        assertThatThrownBy(() -> PublicKey.fromBase64(text))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesTheWrongNumberOfBytes() {
        assertThatThrownBy(() -> PrivateKey.of(new byte[31]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("31");
        assertThatThrownBy(() -> PresharedKey.of(new byte[33]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PublicKey.of(new byte[0]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void secretsShowNothing() {
        PrivateKey key = PrivateKey.generate(new SeededEntropy(1));
        PresharedKey psk = PresharedKey.generate(new SeededEntropy(2));
        assertThat(key).hasToString("PrivateKey[secret]");
        assertThat(psk).hasToString("PresharedKey[secret]");
    }

    @Test
    void destroyedKeysAreZeroAndRefuseUse() {
        PrivateKey key = PrivateKey.generate(new SeededEntropy(1));
        byte[] raw = key.raw();
        key.destroy();
        assertThat(raw).containsOnly(0);
        assertThatThrownBy(key::publicKey).isInstanceOf(IllegalStateException.class);
        PresharedKey psk = PresharedKey.generate(new SeededEntropy(2));
        byte[] rawPsk = psk.raw();
        psk.destroy();
        assertThat(rawPsk).containsOnly(0);
        assertThatThrownBy(psk::isZero).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void zeroPresharedKeyIsNone() {
        assertThat(PresharedKey.of(new byte[32]).isZero()).isTrue();
        assertThat(PresharedKey.generate(new SeededEntropy(2)).isZero()).isFalse();
    }

    @Test
    void keysAreCopies() {
        byte[] bytes = new byte[32];
        PublicKey key = PublicKey.of(bytes);
        bytes[0] = 1;
        key.bytes()[1] = 1;
        assertThat(key.bytes()).containsOnly(0);
    }
}
