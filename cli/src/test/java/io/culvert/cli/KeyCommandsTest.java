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

    private static String base64(String hex) {
        return Base64.getEncoder().encodeToString(HexFormat.of().parseHex(hex));
    }
}
