package io.culvert.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The AEAD examples of RFC 8439 and of the XChaCha draft, which need no file. */
class AeadVectorTest {

    private static final byte[] SUNSCREEN =
            ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the"
                            + " future, sunscreen would be it.")
                    .getBytes(US_ASCII);

    /** RFC 8439, section 2.8.2. */
    @ParameterizedTest
    @EnumSource
    void sealsTheExampleOfTheRfc(AeadImplementation implementation) {
        byte[] memory = Arrays.copyOf(SUNSCREEN, SUNSCREEN.length + 16);
        MemorySegment aad = MemorySegment.ofArray(Hex.bytes("50515253c0c1c2c3c4c5c6c7"));
        byte[] nonce = Hex.bytes("ff 070000004041424344454647");
        AeadKey key = new AeadKey(Hex.sequence(0x80, 32), 0);
        implementation
                .aead()
                .seal(
                        key,
                        nonce,
                        1,
                        aad,
                        0,
                        12,
                        MemorySegment.ofArray(memory),
                        0,
                        SUNSCREEN.length);
        assertThat(Hex.string(memory))
                .isEqualTo(
                        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
                                + "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
                                + "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                                + "3ff4def08e4b7a9de576d26586cec64b6116"
                                + "1ae10b594f09e26a7e902ecbd0600691");
    }

    /** RFC 8439, appendix A.5. */
    @ParameterizedTest
    @EnumSource
    void opensTheExampleOfTheRfc(AeadImplementation implementation) {
        byte[] memory =
                Hex.bytes(
                        "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2"
                                + "4c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf"
                                + "332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855"
                                + "9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4"
                                + "b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523e"
                                + "af4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a"
                                + "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10"
                                + "49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29"
                                + "a6ad5cb4022b02709b eead9d67890cbb22392336fea1851f38");
        MemorySegment aad = MemorySegment.ofArray(Hex.bytes("f33388860000000000004e91"));
        AeadKey key =
                new AeadKey(
                        Hex.bytes(
                                "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0"),
                        0);
        // The nonce 000000000102030405060708 has WireGuard's form.
        assertThat(
                        implementation
                                .aead()
                                .open(
                                        key,
                                        0x0807060504030201L,
                                        aad,
                                        0,
                                        12,
                                        MemorySegment.ofArray(memory),
                                        0,
                                        memory.length))
                .isTrue();
        assertThat(new String(memory, 0, memory.length - 16, UTF_8))
                .isEqualTo(
                        "Internet-Drafts are draft documents valid for a maximum of six months and"
                                + " may be updated, replaced, or obsoleted by other documents at any"
                                + " time. It is inappropriate to use Internet-Drafts as reference"
                                + " material or to cite them other than as /\u201cwork in"
                                + " progress./\u201d");
    }

    /** draft-irtf-cfrg-xchacha-03, appendix A.3.1. */
    @ParameterizedTest
    @EnumSource
    void sealsAndOpensTheExampleOfTheXchachaDraft(AeadImplementation implementation) {
        byte[] memory = Arrays.copyOf(SUNSCREEN, SUNSCREEN.length + 16);
        MemorySegment segment = MemorySegment.ofArray(memory);
        MemorySegment aad = MemorySegment.ofArray(Hex.bytes("50515253c0c1c2c3c4c5c6c7"));
        byte[] nonce = Hex.sequence(0x3d, 27);
        byte[] key = Hex.sequence(0x7e, 34);
        XChaCha20Poly1305 aead = implementation.extendedAead();
        aead.seal(key, 2, nonce, 3, aad, 0, 12, segment, 0, SUNSCREEN.length);
        assertThat(Hex.string(memory))
                .isEqualTo(
                        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
                                + "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
                                + "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                                + "21f9664c97637da9768812f615c68b13b52e"
                                + "c0875924c1c7987947deafd8780acf49");
        assertThat(aead.open(key, 2, nonce, 3, aad, 0, 12, segment, 0, memory.length)).isTrue();
        assertThat(Arrays.copyOf(memory, SUNSCREEN.length)).isEqualTo(SUNSCREEN);
        nonce[26] ^= 1;
        assertThat(aead.open(key, 2, nonce, 3, aad, 0, 12, segment, 0, memory.length)).isFalse();
    }
}
