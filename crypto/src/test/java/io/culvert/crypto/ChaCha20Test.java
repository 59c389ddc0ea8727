package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChaCha20Test {

    /** RFC 8439, section 2.3.2 and appendix A.1, test vectors 1 to 5. */
    @ParameterizedTest
    @CsvSource({
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f,"
                + "000000090000004a00000000, 1,"
                + "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
                + "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
        "0000000000000000000000000000000000000000000000000000000000000000,"
                + "000000000000000000000000, 0,"
                + "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
                + "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
        "0000000000000000000000000000000000000000000000000000000000000000,"
                + "000000000000000000000000, 1,"
                + "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
                + "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
        "0000000000000000000000000000000000000000000000000000000000000001,"
                + "000000000000000000000000, 1,"
                + "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
                + "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0",
        "00ff000000000000000000000000000000000000000000000000000000000000,"
                + "000000000000000000000000, 2,"
                + "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
                + "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096",
        "0000000000000000000000000000000000000000000000000000000000000000,"
                + "000000000000000000000002, 0,"
                + "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7"
                + "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d",
    })
    void blockFunctionGivesKnownAnswers(String key, String nonce, int counter, String expected) {
        ByteBuffer n = ByteBuffer.wrap(Hex.bytes(nonce)).order(ByteOrder.LITTLE_ENDIAN);
        long[] out = new long[8];
        ChaCha20.block(words(Hex.bytes(key)), counter, n.getInt(0), n.getInt(4), n.getInt(8), out);
        ByteBuffer bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(out);
        assertThat(Hex.string(bytes.array())).isEqualTo(expected);
    }

    /** draft-irtf-cfrg-xchacha-03, section 2.2.1. */
    @Test
    void derivesTheSubkeyOfTheDraft() {
        int[] nonce = words(Hex.bytes("000000090000004a0000000031415927"));
        int[] subkey = new int[8];
        ChaCha20.deriveSubkey(
                words(Hex.sequence(0, 32)),
                nonce[0],
                nonce[1],
                nonce[2],
                nonce[3],
                new long[8],
                subkey);
        assertThat(subkey)
                .isEqualTo(
                        words(
                                Hex.bytes(
                                        "82413b4227b27bfed30e42508a877d73"
                                                + "a0f9e4d58a74a853c12ec41326d3ecdc")));
    }

    private static int[] words(byte[] bytes) {
        int[] words = new int[bytes.length / 4];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(words);
        return words;
    }
}
