package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LogLineTest {
    private final LogLine format = new LogLine(ZoneOffset.UTC, false);

    @AfterEach
    void quiet() {
        Logging.to(new PrintWriter(new StringWriter()), LogLevel.NONE);
    }

    @Test
    void showsTimeLevelModuleAndMessageOnOneLine() {
        assertThat(format.format(event(Level.INFO, "io.culvert.tunnel.Tunnel", "handshake done")))
                .isEqualTo("2026-11-22 18:40:01.123 INFO  tunnel: handshake done\n");
        assertThat(format.format(event(Level.WARNING, "io.culvert.proxy", "m")))
                .isEqualTo("2026-11-22 18:40:01.123 WARN  proxy: m\n");
        assertThat(format.format(event(Level.SEVERE, "io.netty.x.Y", "m")))
                .contains(" ERROR netty: m");
        assertThat(format.format(event(Level.FINE, "", "m"))).contains(" DEBUG culvert: m");
    }

    @Test
    void textFromTheNetworkCannotForgeALine() {
        String line =
                format.format(event(Level.INFO, "io.culvert.proxy", "a\n2026 INFO b\r\u001b[2J"));
        assertThat(line).endsWith("proxy: a?2026 INFO b??[2J\n");
        assertThat(line.lines()).hasSize(1);
    }

    @Test
    void anExceptionIsPartOfTheLineAndItsTraceOnlyForDebugging() {
        LogRecord event = event(Level.WARNING, "io.culvert.proxy", "dial");
        event.setThrown(new IllegalStateException("why", new RuntimeException("root")));
        assertThat(format.format(event))
                .endsWith("proxy: dial: java.lang.IllegalStateException: why\n")
                .hasLineCount(1);
        assertThat(new LogLine(ZoneOffset.UTC, true).format(event))
                .contains("        at io.culvert.cli.LogLineTest.")
                .contains("    caused by java.lang.RuntimeException: root\n");
    }

    @Test
    void logsFromTheLevelThatWasAskedFor() {
        StringWriter text = new StringWriter();
        Logging.to(new PrintWriter(text), LogLevel.WARNING);
        Logger logger = Logger.getLogger("io.culvert.tunnel");
        logger.info("not this");
        logger.warning("this");
        System.getLogger("io.culvert.proxy").log(System.Logger.Level.ERROR, "and this");
        assertThat(text.toString())
                .hasLineCount(2)
                .contains("WARN  tunnel: this")
                .contains("ERROR proxy: and this");
    }

    @Test
    void noneMeansNothing() {
        StringWriter text = new StringWriter();
        Logging.to(new PrintWriter(text), LogLevel.NONE);
        Logger.getLogger("io.culvert.tunnel").severe("not this");
        assertThat(text.toString()).isEmpty();
    }

    private static LogRecord event(Level level, String logger, String message) {
        LogRecord event = new LogRecord(level, message);
        event.setLoggerName(logger);
        event.setInstant(Instant.parse("2026-11-22T18:40:01.123456Z"));
        return event;
    }
}
