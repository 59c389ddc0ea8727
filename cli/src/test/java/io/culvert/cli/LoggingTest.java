package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.culvert.cli.LogSettings.Console;
import io.culvert.cli.LogSettings.Nowhere;
import io.culvert.cli.LogSettings.ToFile;
import io.culvert.proxy.Place;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("the program's loggers are one")
class LoggingTest {
    private static final Logger ACCESS = Logger.getLogger("io.culvert.access");
    private static final Logger DNS = Logger.getLogger("io.culvert.access.dns");
    private static final Logger EVENTS = Logger.getLogger("io.culvert.proxy");
    private static final AddressMask HALF = Objects.requireNonNull(AddressMask.named("half"));

    @TempDir private Path directory;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @AfterEach
    void asBefore() {
        Logging.to(new PrintWriter(err), LogLevel.INFO);
    }

    @Test
    void theAccessLogGoesToStandardOutputAndEventsToStandardError() throws Exception {
        open(
                new LogSettings(
                        LogLevel.ERROR, new Console(), new Console(), false, AddressMask.NONE));
        ACCESS.fine("from 192.0.2.7:1 accepted tcp:example.org:443 [in -> out]");
        DNS.fine("not asked for");
        EVENTS.severe("broken");
        EVENTS.warning("not worth it");
        Logging.closeAccess();
        assertThat(out.toString())
                .matches(
                        "\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6} from 192\\.0\\.2\\.7:1"
                                + " accepted tcp:example\\.org:443 \\[in -> out\\]\n");
        assertThat(err.toString()).contains("ERROR proxy: broken\n").hasLineCount(1);
    }

    @Test
    void filesGetBothWithAddressesMaskedAndAnswersOfResolvers() throws Exception {
        Path access = directory.resolve("access.log");
        Path events = directory.resolve("error.log");
        Files.writeString(access, "older\n");
        open(new LogSettings(LogLevel.INFO, file(access), file(events), true, HALF));
        ACCESS.fine("from 192.0.2.7:1 accepted tcp:example.org:443 [in -> out]");
        DNS.fine("1.1.1.1 got answer: example.org -> [192.0.2.9]");
        EVENTS.info("192.0.2.7 came\n and went");
        Logging.closeAccess();
        assertThat(Files.readString(access))
                .startsWith("older\n")
                .contains(" from 192.0.*.*:1 accepted ")
                .contains("1.1.*.* got answer: example.org -> [192.0.*.*]\n")
                .hasLineCount(3);
        assertThat(Files.readString(events)).endsWith("INFO  proxy: 192.0.*.* came? and went\n");
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void aFileThatIsMadeIsForItsOwnerAlone() throws Exception {
        Path events = directory.resolve("error.log");
        open(new LogSettings(LogLevel.INFO, new Nowhere(), file(events), false, AddressMask.NONE));
        assertThat(Files.getPosixFilePermissions(events)).hasSize(2);
    }

    @Test
    void aFileThatWasTakenAwayIsMadeAgain() throws Exception {
        Path path = directory.resolve("a.log");
        try (LogFile file = LogFile.open(path.toString())) {
            file.append("one\n");
            Files.move(path, directory.resolve("a.log.1"));
            file.reopen();
            file.append("two\n");
        }
        assertThat(Files.readString(directory.resolve("a.log.1"))).isEqualTo("one\n");
        assertThat(Files.readString(path)).isEqualTo("two\n");
    }

    @Test
    void nothingIsLoggedWhereNothingShallBe() throws Exception {
        open(new LogSettings(LogLevel.INFO, new Nowhere(), new Nowhere(), true, AddressMask.NONE));
        assertThat(ACCESS.isLoggable(Level.FINE)).isFalse();
        assertThat(DNS.isLoggable(Level.FINE)).isFalse();
        assertThat(EVENTS.isLoggable(Level.SEVERE)).isFalse();
    }

    @Test
    void aFileThatCannotBeOpenedIsNamedByItsKey() {
        Path gone = directory.resolve("gone").resolve("a.log");
        LogSettings settings =
                new LogSettings(LogLevel.INFO, file(gone), new Console(), false, AddressMask.NONE);
        assertThatThrownBy(() -> open(settings))
                .isInstanceOf(LogFileException.class)
                .hasMessage("c.json: log.access: \"" + gone + "\" cannot be made");
    }

    @Test
    void linesThatComeTooFastAreCounted() throws IOException {
        StringBuilder written = new StringBuilder();
        java.util.concurrent.CountDownLatch go = new java.util.concurrent.CountDownLatch(1);
        LineQueue queue =
                new LineQueue(lines -> {
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    written.append(lines);
                });
        for (int i = 0; i < 20_000; i++) {
            queue.add("line\n");
        }
        go.countDown();
        queue.close();
        long kept = written.toString().lines().filter("line"::equals).count();
        assertThat(kept).isLessThan(20_000);
        long lost =
                java.util.regex.Pattern.compile("(\\d+) lines lost")
                        .matcher(written)
                        .results()
                        .mapToLong(found -> Long.parseLong(found.group(1)))
                        .sum();
        assertThat(kept + lost).isEqualTo(20_000);
    }

    private void open(LogSettings settings) throws LogFileException {
        Logging.open(settings, new PrintWriter(out), new PrintWriter(err));
    }

    private static ToFile file(Path path) {
        return new ToFile(path.toString(), new Place("c.json", 0, 0, "log.access"));
    }
}
