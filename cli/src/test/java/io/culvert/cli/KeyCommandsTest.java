package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyCommandsTest {
    /** RFC 7748 section 6.1: Alice's keys. */
    private static final String PRIVATE =
            base64("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");

    private static final String PUBLIC =
            base64("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");

    @Test
    void pubkeyDerivesThePublicKey() {
        assertThat(CommandRun.withInput(PRIVATE, "pubkey").out()).isEqualTo(PUBLIC + "\n");
        assertThat(CommandRun.withInput(" " + PRIVATE + " \n", "pubkey").out())
                .isEqualTo(PUBLIC + "\n");
    }

    @Test
    void genkeyPrintsAClampedKeyThatPubkeyTakes() {
        CommandRun genkey = CommandRun.of("genkey");
        byte[] key = Base64.getDecoder().decode(genkey.out().strip());
        assertThat(genkey.exitCode()).isZero();
        assertThat(key).hasSize(32);
        assertThat(key[0] & 7).isZero();
        assertThat(key[31] & 0xc0).isEqualTo(0x40);
        CommandRun pubkey = CommandRun.withInput(genkey.out(), "pubkey");
        assertThat(pubkey.exitCode()).isZero();
        assertThat(Base64.getDecoder().decode(pubkey.out().strip())).hasSize(32);
        assertThat(CommandRun.of("genkey").out()).isNotEqualTo(genkey.out());
    }

    @Test
    void genpskPrintsARandomKey() {
        CommandRun genpsk = CommandRun.of("genpsk");
        assertThat(genpsk.exitCode()).isZero();
        assertThat(Base64.getDecoder().decode(genpsk.out().strip())).hasSize(32);
        assertThat(CommandRun.of("genpsk").out()).isNotEqualTo(genpsk.out());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "abc",
                "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo",
                "not a key but text as long as a key has to be"
            })
    void pubkeyRefusesWhatIsNoKeyWithoutRepeatingIt(String input) {
        CommandRun run = CommandRun.withInput(input, "pubkey");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.errLines())
                .containsExactly(
                        "standard input holds no private key: 44 characters of base64, the last one =");
    }

    @Test
    void wgPrintsItsThreeLinesAsXrayDoes() {
        CommandRun wg = CommandRun.of("wg", "-i", PRIVATE);
        assertThat(wg.exitCode()).isZero();
        String clamped = base64("70076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c6a");
        assertThat(wg.out())
                .startsWith(
                        "PrivateKey: "
                                + clamped
                                + "\nPassword (PublicKey): "
                                + PUBLIC
                                + "\nHash32: ");
        assertThat(wg.out()).hasLineCount(3);
        assertThat(CommandRun.of("wg").out()).isNotEqualTo(CommandRun.of("wg").out());
    }

    @Test
    void x25519PrintsTheSameInBase64Url() {
        String url = PRIVATE.replace('+', '-').replace('/', '_').replace("=", "");
        CommandRun x25519 = CommandRun.of("x25519", "-i", url);
        assertThat(x25519.exitCode()).isZero();
        assertThat(x25519.out())
                .contains(
                        "Password (PublicKey): "
                                + PUBLIC.replace('+', '-').replace('/', '_').replace("=", "")
                                + "\n");
        assertThat(CommandRun.of("x25519", "--std-encoding", "-i", PRIVATE).out())
                .isEqualTo(CommandRun.of("wg", "-i", PRIVATE).out());
        CommandRun refused = CommandRun.of("x25519", "-i", PRIVATE);
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.errLines())
                .containsExactly("-i holds no private key: 43 characters of base64url, without =");
    }

    @Test
    void blake3OfShortInputsIsThatOfItsTestVectors() {
        assertThat(HexFormat.of().formatHex(Blake3.hash(new byte[0])))
                .isEqualTo("af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
        assertThat(HexFormat.of().formatHex(Blake3.hash(new byte[1])))
                .isEqualTo("2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213");
    }

    @Test
    void uuidIsNewOrStandsForAText() {
        assertThat(CommandRun.of("uuid").out())
                .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n")
                .isNotEqualTo(CommandRun.of("uuid").out());
        assertThat(CommandRun.of("uuid", "-i", "example").out())
                .isEqualTo("feb54431-301b-52bb-a6dd-e1e93e81bb9e\n");
        CommandRun refused = CommandRun.of("uuid", "-i", "x".repeat(31));
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.errLines()).containsExactly("-i takes at most 30 bytes");
    }

    private static String base64(String hex) {
        return Base64.getEncoder().encodeToString(HexFormat.of().parseHex(hex));
    }
}
