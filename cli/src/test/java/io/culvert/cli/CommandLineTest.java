package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run", "check", "demo", "genkey", "pubkey", "genpsk", "wg", "x25519", "uuid",
                "version"
            })
    void everyCommandExplainsItselfAndItsExitCodes(String command) {
        CommandRun help = CommandRun.of(command, "--help");
        assertThat(help.exitCode()).isZero();
        assertThat(help.err()).isEmpty();
        assertThat(help.out())
                .startsWith("Usage: culvert " + command)
                .contains("Exit codes:")
                .contains("wrong usage or configuration")
                .contains("no JDK");
    }

    @Test
    void helpNamesEveryCommand() {
        CommandRun help = CommandRun.of("--help");
        assertThat(help.exitCode()).isZero();
        assertThat(help.out())
                .contains("run", "check", "demo", "genkey", "pubkey", "genpsk", "version");
    }

    @Test
    void anUnknownCommandIsWrongUsage() {
        CommandRun run = CommandRun.of("genkye");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.errLines())
                .containsExactly(
                        "Unmatched argument at index 0: 'genkye'",
                        "Did you mean genkey or genpsk?",
                        "See culvert --help.");
    }

    @Test
    void anUnknownOptionIsWrongUsage() {
        CommandRun run = CommandRun.of("run", "-c", "a.json", "--fast");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errLines().getFirst()).startsWith("Unknown option: '--fast'");
        assertThat(run.errLines().getLast()).isEqualTo("See culvert run --help.");
    }

    @Test
    void runWithoutAFileIsWrongUsage() {
        CommandRun run = CommandRun.of("run");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errLines().getFirst()).contains("--config");
    }

    @Test
    void anUnknownFormatIsWrongUsage() {
        CommandRun run = CommandRun.of("check", "-format", "xml", "-c", "a.json");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errLines().getFirst())
                .isEqualTo(
                        "Invalid value for option '--format': must be auto, json, toml, yaml or conf,"
                                + " not xml");
    }

    @Test
    void noCommandIsWrongUsage() {
        CommandRun run = CommandRun.of();
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errLines()).containsExactly("Which command?", "See culvert --help.");
    }

    @Test
    void anUnknownLevelIsWrongUsage() {
        CommandRun run = CommandRun.of("check", "--log", "loud", "-c", "a.json");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errLines().getFirst())
                .isEqualTo(
                        "Invalid value for option '--log': must be debug, info, warning, error or none,"
                                + " not loud");
    }

    @Test
    void versionNamesProgramAndJava() {
        CommandRun run = CommandRun.of("version");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).startsWith("culvert ").contains("Java 2").hasLineCount(1);
        assertThat(CommandRun.of("--version").out()).isEqualTo(run.out());
    }
}
