package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Problems;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each field of {@code log}, by what is written where: a line of the access log, one of a resolver,
 * and an event of each level.
 */
@Isolated("the program's loggers are one")
class LogFieldTest {
    private static final Logger ACCESS = Logger.getLogger("io.culvert.access");
    private static final Logger DNS = Logger.getLogger("io.culvert.access.dns");
    private static final Logger EVENTS = Logger.getLogger("io.culvert.proxy");

    @TempDir private Path directory;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @AfterEach
    void asBefore() {
        Logging.to(new PrintWriter(err), LogLevel.INFO);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    ~~                                    | access                 | info warning error       | ~~     | ~~
                    "access": ""                          | access                 | info warning error       | ~~     | ~~
                    "access": "none"                      | ~~                     | info warning error       | ~~     | ~~
                    "access": "DIR/a.log"                 | ~~                     | info warning error       | access | ~~
                    "error": ""                           | access                 | info warning error       | ~~     | ~~
                    "error": "none"                       | access                 | ~~                       | ~~     | ~~
                    "error": "DIR/e.log"                  | access                 | ~~                       | ~~     | info warning error
                    "loglevel": "debug"                   | access                 | debug info warning error | ~~     | ~~
                    "loglevel": "info"                    | access                 | info warning error       | ~~     | ~~
                    "loglevel": "warning"                 | access                 | warning error            | ~~     | ~~
                    "loglevel": "error"                   | access                 | error                    | ~~     | ~~
                    "loglevel": "none"                    | ~~                     | ~~                       | ~~     | ~~
                    "dnsLog": true                        | access answer          | info warning error       | ~~     | ~~
                    "dnsLog": false                       | access                 | info warning error       | ~~     | ~~
                    "dnsLog": true, "access": "DIR/a.log" | ~~                     | info warning error       | access answer | ~~
                    """)
    void fieldDecidesWhatIsWrittenWhere(
            String members, String console, String errors, String accessFile, String errorFile)
            throws Exception {
        write(members);
        assertThat(words(out.toString())).isEqualTo(console);
        assertThat(words(err.toString())).isEqualTo(errors);
        assertThat(words(file("a.log"))).isEqualTo(accessFile);
        assertThat(words(file("e.log"))).isEqualTo(errorFile);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    ~~                        | 192.0.2.7 | 2001:db8:1:2::7
                    "maskAddress": ""         | 192.0.2.7 | 2001:db8:1:2::7
                    "maskAddress": "quarter"  | 192.*.*.* | 2001::/16
                    "maskAddress": "half"     | 192.0.*.* | 2001:db8::/32
                    "maskAddress": "full"     | [Masked IPv4] | Masked IPv6
                    "maskAddress": "/24+/48"  | 192.0.2.* | 2001:db8:1::/48
                    """)
    void fieldDecidesWhatIsSeenOfAddresses(String members, String four, String six)
            throws Exception {
        write(members);
        assertThat(out.toString()).contains("from " + four + ":1 to " + six + " ");
    }

    /** All words of those that each line was made with. */
    private static String words(String text) {
        List<String> words = new ArrayList<>();
        for (String word : List.of("access", "answer", "debug", "info", "warning", "error")) {
            if (text.contains("one " + word + ".")) {
                words.add(word);
            }
        }
        return String.join(" ", words);
    }

    private String file(String name) throws IOException {
        Path file = directory.resolve(name);
        return Files.exists(file) ? Files.readString(file) : "";
    }

    private void write(String members) throws Exception {
        Problems problems = new Problems();
        String json = "{\"log\": {" + members.replace("DIR", directory.toString()) + "}}";
        Map<String, ConfigNode> root =
                Objects.requireNonNull(XrayJsonReader.read("c.json", json, problems));
        LogSettings settings = LogSettings.read(Objects.requireNonNull(root.get("log")), problems);
        assertThat(problems.errors()).isEmpty();
        assertThat(problems.warnings()).isEmpty();
        Logging.open(settings, new PrintWriter(out), new PrintWriter(err));
        ACCESS.fine("from 192.0.2.7:1 to 2001:db8:1:2::7 is one access.");
        DNS.fine("one answer.");
        EVENTS.fine("one debug.");
        EVENTS.info("one info.");
        EVENTS.warning("one warning.");
        EVENTS.severe("one error.");
        Logging.closeAccess();
    }
}
