package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFilesTest {
    @TempDir private Path directory;
    private final Problems problems = new Problems();
    private final List<Path> files = new ArrayList<>();

    @Test
    void aLaterFilesInboundReplacesTheOneOfItsTagOrComesLast() throws IOException {
        write(
                "a.json",
                "{\"inbounds\": [{\"tag\": \"x\", \"port\": 1}, {\"tag\": \"y\", \"port\": 2}]}");
        write(
                "b.json",
                "{\"inbounds\": [{\"tag\": \"z\", \"port\": 3}, {\"tag\": \"x\", \"port\": 4}]}");
        assertThat(ports(read().member("inbounds"))).containsExactly(4L, 2L, 3L);
    }

    @Test
    void aLaterFilesOutboundComesFirstAndIsTheDefault() throws IOException {
        write("a.json", "{\"outbounds\": [{\"tag\": \"x\", \"port\": 1}]}");
        write(
                "b.json",
                "{\"outbounds\": [{\"tag\": \"y\", \"port\": 2}, {\"tag\": \"z\", \"port\": 3}]}");
        write("tail.json", "{\"outbounds\": [{\"tag\": \"w\", \"port\": 4}]}");
        assertThat(ports(read().member("outbounds"))).containsExactly(2L, 3L, 1L, 4L);
    }

    @Test
    void untaggedInboundsNeverReplaceEachOther() throws IOException {
        write("a.json", "{\"inbounds\": [{\"port\": 1}, {\"port\": 2}]}");
        write("b.json", "{\"inbounds\": [{\"port\": 3}]}");
        assertThat(ports(read().member("inbounds"))).containsExactly(1L, 2L, 3L);
    }

    @Test
    void ofOtherSectionsTheLastOneThatIsNotNullCounts() throws IOException {
        write("a.json", "{\"log\": {\"loglevel\": \"info\"}, \"dns\": {\"tag\": \"d\"}}");
        write("b.json", "{\"log\": {\"loglevel\": \"error\"}, \"dns\": null}");
        ConfigNode root = read();
        assertThat(root.member("log").member("loglevel").string(problems)).isEqualTo("error");
        assertThat(root.member("dns").member("tag").string(problems)).isEqualTo("d");
    }

    @Test
    void namesAnUnknownSectionOfAnyFile() throws IOException {
        write("a.json", "{\"inbounds\": []}");
        write("b.json", "{\"oops\": 1}");
        ConfigNode root = read();
        root.member("inbounds").accept();
        root.reportUnused(problems);
        assertThat(problems.warnings())
                .extracting(ConfigReport::line)
                .containsExactly(files.get(1) + ": oops: not known to Culvert yet: ignored");
    }

    @Test
    void aWgQuickFileAndJsonGoTogether() throws IOException {
        write("a.json", "{\"inbounds\": [{\"tag\": \"x\", \"port\": 1}]}");
        write(
                "b.conf",
                "[Interface]\nAddress = 10.0.0.2\n[Peer]\nAllowedIPs = 0.0.0.0/0\nEndpoint = a:1\n");
        ConfigNode root = read();
        assertThat(root.member("inbounds").elements()).hasSize(1);
        assertThat(root.member("outbounds").elements()).hasSize(1);
    }

    @Test
    void filesOfAllLanguagesGoTogether() throws IOException {
        write("a.json", "{\"outbounds\": [{\"tag\": \"x\", \"port\": 1}]}");
        write("b.toml", "[[outbounds]]\ntag = \"y\"\nport = 2\n");
        write("c.yaml", "outbounds:\n- {tag: x, port: 3}\n");
        assertThat(ports(read().member("outbounds"))).containsExactly(2L, 3L);
        assertThat(problems.errors()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "  \n# c\n // c\n{", "/* c */ {", "# only\n\n {}"})
    void tellsJsonByItsContent(String text) {
        assertThat(ConfigFormat.ofText(text)).isEqualTo(ConfigFormat.JSON);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[Interface]", "# {\n[Interface]", "", "WGConfig = a"})
    void tellsWgQuickByItsContent(String text) {
        assertThat(ConfigFormat.ofText(text)).isEqualTo(ConfigFormat.CONF);
    }

    @Test
    void skipsAByteOrderMark() throws IOException {
        write("a.json", "\uFEFF{\"inbounds\": [{\"port\": 7}]}");
        assertThat(ports(read().member("inbounds"))).containsExactly(7L);
    }

    @Test
    void reportsFilesThatCannotBeRead() throws IOException {
        Path binary = Files.write(directory.resolve("b.json"), new byte[] {'{', (byte) 0xff, '}'});
        Path gone = directory.resolve("gone.json");
        files.addAll(List.of(gone, directory, binary));
        read();
        assertThat(problems.errors())
                .extracting(ConfigReport::line)
                .containsExactly(
                        gone + ": no such file",
                        directory + ": is a directory, not a file",
                        binary + ": is not UTF-8 text");
    }

    private void write(String name, String text) throws IOException {
        files.add(Files.writeString(directory.resolve(name), text));
    }

    private ConfigNode read() {
        return ConfigFiles.read(files, ConfigFormat.AUTO, name -> null, problems);
    }

    private List<Long> ports(ConfigNode list) {
        return list.elements().stream()
                .map(element -> element.member("port").integer(problems, 0, 65535, -1))
                .toList();
    }
}
