package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sessions that change while a stream runs: it goes on, and every byte arrives. */
@Execution(ExecutionMode.CONCURRENT)
class RekeyInteropTest {
    private static final int MIB = 1 << 20;

    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRoleAndProgram")
    void anEndThatMustNotSendUnderItsOldSessionMakesANewOne(Pair.Role role, Path program)
            throws IOException {
        streamThrough(role, program, Pair::changeKeysAndBack);
    }

    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRole")
    void anEndThatForgotItsSessionMakesANewOne(Pair.Role role, Path program) throws IOException {
        streamThrough(role, program, Pair::forgetAndAdd);
    }

    private static void streamThrough(Pair.Role role, Path program, Consumer<Pair> rekey)
            throws IOException {
        try (Lab lab = Lab.with(program)) {
            Pair pair = new Pair(lab, role, Pair.Options.KEPT_ALIVE);
            Download download = pair.download(80 * MIB, "--limit-rate", "24M");
            for (int i = 1; i <= 2; i++) {
                download.awaitArrived(i * 16L * MIB);
                long before = pair.handshakes();
                rekey.accept(pair);
                pair.culvert.await("new session", Lab.SOON, () -> pair.handshakes() > before);
            }
            download.awaitWhole(Duration.ofSeconds(60));
            assertThat(pair.culvert.text()).doesNotContain("Exception");
        }
    }

    /** The protocol's own turnover at 120 s, past the end of the first session at 180 s (D8.8). */
    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRoleAndProgram")
    @Tag("long")
    void aStreamOutlivesItsFirstSession(Pair.Role role, Path program) throws IOException {
        try (Lab lab = Lab.with(program)) {
            Pair pair = new Pair(lab, role, Pair.Options.PLAIN);
            Download download = pair.download(200 * MIB, "--limit-rate", "1M");
            download.awaitWhole(Duration.ofMinutes(4));
            assertThat(pair.handshakes()).isGreaterThanOrEqualTo(2);
        }
    }
}
