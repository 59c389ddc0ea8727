package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.cli.LogSettings.Console;
import io.culvert.cli.LogSettings.Nowhere;
import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Problems;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogSettingsTest {
    @TempDir private Path directory;
    private final Problems problems = new Problems();

    @Test
    void withoutTheObjectThereIsNoAccessLog() {
        LogSettings settings = read("{\"log\": null}");
        assertThat(settings.access()).isEqualTo(new Nowhere());
        assertThat(settings.events()).isEqualTo(new Console());
        assertThat(settings.level()).isEqualTo(LogLevel.INFO);
    }

    @Test
    void withItTheAccessLogIsOnUnlessItSaysOtherwise() {
        assertThat(read("{\"log\": {}}").access()).isEqualTo(new Console());
        assertThat(read("{\"log\": {\"access\": \"\"}}").access()).isEqualTo(new Console());
        assertThat(read("{\"log\": {\"access\": \"none\"}}").access()).isEqualTo(new Nowhere());
        assertThat(read("{\"log\": {\"error\": \"none\"}}").events()).isEqualTo(new Nowhere());
        LogSettings silent = read("{\"log\": {\"loglevel\": \"none\"}}");
        assertThat(silent.access()).isEqualTo(new Nowhere());
        assertThat(silent.events()).isEqualTo(new Nowhere());
    }

    @Test
    void namesTheFilesThatMustBeOpened() {
        LogSettings settings =
                read(
                        "{\"log\": {\"access\": \"%s/a.log\", \"error\": \"%s/e.log\"}}"
                                .formatted(directory, directory));
        assertThat(settings.files())
                .extracting(LogSettings.ToFile::name)
                .containsExactly(directory + "/a.log", directory + "/e.log");
        assertThat(directory).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    "loglevel": "loud"    | log.loglevel: must be debug, info, warning, error or none
                    "loglevel": 3         | log.loglevel: must be text, not a number
                    "access": false       | log.access: must be text, not true or false
                    "access": "/"         | log.access: "/" is a directory: give a file
                    "error": "/no/dir/e"  | log.error: there is no directory "/no/dir" for this file
                    "dnsLog": "yes"       | log.dnsLog: must be true or false, not text
                    "maskAddress": "tiny" | log.maskAddress: must be quarter, half, full or lengths such as /16+/32, not "tiny"
                    """)
    void saysWhatIsWrong(String member, String error) {
        read("{\"log\": {" + member + "}}");
        assertThat(problems.errors())
                .extracting(ConfigReport::line)
                .containsExactly("c.json: " + error);
    }

    @Test
    void namesAKeyThatItDoesNotKnow() {
        read("{\"log\": {\"colour\": true}}");
        assertThat(problems.warnings())
                .extracting(ConfigReport::line)
                .containsExactly("c.json: log.colour: not known to Culvert yet: ignored");
    }

    private LogSettings read(String json) {
        Map<String, ConfigNode> root =
                Objects.requireNonNull(XrayJsonReader.read("c.json", json, problems));
        return LogSettings.read(Objects.requireNonNull(root.get("log")), problems);
    }
}
