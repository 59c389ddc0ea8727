package io.culvert.interop;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The other end ends in the midst of a transfer and comes back knowing nothing. */
@Execution(ExecutionMode.CONCURRENT)
class RestartInteropTest {
    private static final int MIB = 1 << 20;

    /**
     * Silence is noticed after 15 s; by then the sender repeats only every 13 s at most, and the
     * rest of the file takes 3 s.
     */
    private static final Duration RECOVERED = Duration.ofSeconds(15 + 13 + 3 + 10);

    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRole")
    void aDownloadSurvivesARestart(Pair.Role role, Path program) throws IOException {
        try (Lab lab = Lab.with(program)) {
            Pair pair = new Pair(lab, role, Pair.Options.PLAIN);
            Download download = pair.download(80 * MIB, "--limit-rate", "24M");
            download.awaitArrived(16 * MIB);

            pair.restartGo();

            download.awaitWhole(RECOVERED);
        }
    }
}
