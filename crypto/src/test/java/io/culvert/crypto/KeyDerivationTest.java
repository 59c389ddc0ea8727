package io.culvert.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** HMAC and HKDF over BLAKE2s. */
class KeyDerivationTest {

    /**
     * Key 0, 1, 2, ... of the given length; message 0 .. 99, then empty. Answers from Python's hmac
     * and hashlib.
     */
    @ParameterizedTest
    @CsvSource({
        "0, 1abca9f6d22739229704a9d23be3855021d435ab7844581573e6f10f388afc43,"
                + "eaf4bb25938f4d20e72656bbbc7a9bf63c0c18537333c35bdb67db1402661acd",
        "32, a81c95080ba2a7c4ed1b7b4c21dec2c4fd6dc9f03ff37b6d65289dc95a7d1ef1,"
                + "e2641d24dfa8dd89e8cb77f1cdc77d8c006e5bebdfc4d6a3a3a6f8d5b7586fb0",
        "63, 569f7b82fb7988caff0603a7ce2b93e4ec98aa4fe7c58ad27d83bc95504d01e4,"
                + "56ca49e9945f663b559db0087f5657c58970016275f55d5fba739f4cb6f94de8",
        "64, 647576eb06d7546ce6db9b3c0c1509a64cc7fae9cb732ee3845e7b486ad26edc,"
                + "4a4f8f181c931253202b2d7a77e2a612f65580f4b0d56108f7f275f22b63ae00",
        "65, 4d894a9b0c1b7a406335539f60699f246e0a65bf63a2b24b18393b71e4adce5e,"
                + "019d0d4ece4de18d4db0fe1b3b13460ff4bca4ff2b08d86e50bb1c8a799643ae",
        "200, 8c4601d7bf7bab245e212d3dc0c65bd1036bebbf30689a3d08ce88db58e982d0,"
                + "bbf611db9d3c9f85c2ae44e375350bfbec3f5300ebe676c3163948c0abd6498a",
    })
    void hmacAgreesWithKnownAnswers(int keyLength, String message, String empty) {
        HmacBlake2s hmac = new HmacBlake2s();
        byte[] key = Hex.sequence(0, keyLength);
        byte[] data = Hex.sequence(0, 100);
        byte[] out = new byte[HmacBlake2s.LENGTH + 1];
        hmac.init(key, 0, keyLength)
                .update(data, 0, 33)
                .update(MemorySegment.ofArray(data), 33, 67)
                .doFinal(out, 1);
        assertThat(Hex.string(out)).isEqualTo("00" + message);
        hmac.init(key, 0, keyLength).doFinal(out, 1);
        assertThat(Hex.string(out)).isEqualTo("00" + empty);
    }

    @Test
    void hmacMustBeInitialised() {
        HmacBlake2s hmac = new HmacBlake2s();
        byte[] out = new byte[HmacBlake2s.LENGTH];
        assertThatThrownBy(() -> hmac.update(out, 0, 1)).isInstanceOf(IllegalStateException.class);
        hmac.init(out, 0, 1).doFinal(out, 0);
        assertThatThrownBy(() -> hmac.doFinal(out, 0)).isInstanceOf(IllegalStateException.class);
        hmac.init(out, 0, 1).wipe();
        assertThatThrownBy(() -> hmac.doFinal(out, 0)).isInstanceOf(IllegalStateException.class);
    }

    /**
     * The three cases of wireguard-go's kdf_test.go; HMAC pads a short key with zeros, so the
     * chaining key may be too.
     */
    @ParameterizedTest
    @CsvSource({
        "test-key, test-input,"
                + "6f0e5ad38daba1bea8a0d213688736f19763239305e0f58aba697f9ffc41c633,"
                + "df1194df20802a4fe594cde27e92991c8cae66c366e8106aaa937a55fa371e8a,"
                + "fac6e2745a325f5dc5d11a5b165aad08b0ada28e7b4e666b7c077934a4d76c24",
        "wireguard, wireguard,"
                + "491d43bbfdaa8750aaf535e334ecbfe5129967cd64635101c566d4caefda96e8,"
                + "1e71a379baefd8a79aa4662212fcafe19a23e2b609a3db7d6bcba8f560e3d25f,"
                + "31e1ae48bddfbe5de38f295e5452b1909a1b4e38e183926af3780b0c1e1f0160",
        "'', '',"
                + "8387b46bf43eccfcf349552a095d8315c4055beb90208fb1be23b894bc2ed5d0,"
                + "58a0e5f6faefccf4807bff1f05fa8a9217945762040bcec2f4b4a62bdfe0e86e,"
                + "0ce6ea98ec548f8e281e93e32db65621c45eb18dc6f0a7ad94178610a2f7338e",
    })
    void hkdfAgreesWithKnownAnswers(String key, String input, String t0, String t1, String t2) {
        byte[] chainingKey = Arrays.copyOf(key.getBytes(US_ASCII), Hkdf.LENGTH);
        byte[] data = ("..." + input).getBytes(US_ASCII);
        int length = input.length();
        Hkdf hkdf = new Hkdf();
        byte[] out1 = new byte[Hkdf.LENGTH];
        byte[] out2 = new byte[Hkdf.LENGTH];
        byte[] out3 = new byte[Hkdf.LENGTH];
        hkdf.kdf1(chainingKey, data, 3, length, out1);
        assertThat(Hex.string(out1)).isEqualTo(t0);
        hkdf.kdf2(chainingKey, data, 3, length, out1, out2);
        assertThat(Hex.string(out1)).isEqualTo(t0);
        assertThat(Hex.string(out2)).isEqualTo(t1);
        hkdf.kdf3(chainingKey, data, 3, length, out1, out2, out3);
        assertThat(Hex.string(out1)).isEqualTo(t0);
        assertThat(Hex.string(out2)).isEqualTo(t1);
        assertThat(Hex.string(out3)).isEqualTo(t2);
    }

    @Test
    void outputsMayBeTheInputs() {
        byte[] chainingKey = Hex.sequence(0, Hkdf.LENGTH);
        byte[] input = Hex.sequence(50, Hkdf.LENGTH);
        byte[][] expected = new byte[3][Hkdf.LENGTH];
        Hkdf hkdf = new Hkdf();
        hkdf.kdf3(chainingKey, input, 0, 32, expected[0], expected[1], expected[2]);
        byte[] third = new byte[Hkdf.LENGTH];
        hkdf.kdf3(chainingKey, input, 0, 32, chainingKey, input, third);
        assertThat(chainingKey).isEqualTo(expected[0]);
        assertThat(input).isEqualTo(expected[1]);
        assertThat(third).isEqualTo(expected[2]);
    }
}
