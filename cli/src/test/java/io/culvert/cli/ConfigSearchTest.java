package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.proxy.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigSearchTest {
    private static final Path STDIN = Path.of("stdin:");

    @TempDir private Path here;
    @TempDir private Path other;
    private final Map<String, String> environment = new HashMap<>();
    private final Problems problems = new Problems();

    @BeforeEach
    void writeFiles() throws IOException {
        for (String name : List.of("20.yaml", "10.json", "30.TOML", "40.conf", "5.txt", "15.yml")) {
            Files.writeString(other.resolve(name), "");
        }
        Files.createDirectory(other.resolve("25.json"));
    }

    @Test
    void filesThatAreNamedComeFirstAndThoseOfTheDirectoryByName() {
        Path named = Path.of("a.json");
        assertThat(find(List.of(named), other, ConfigFormat.AUTO))
                .containsExactly(
                        named,
                        other.resolve("10.json"),
                        other.resolve("15.yml"),
                        other.resolve("20.yaml"),
                        other.resolve("30.TOML"));
    }

    @Test
    void aFormatChoosesAmongTheFilesOfTheDirectory() {
        assertThat(find(List.of(), other, ConfigFormat.YAML))
                .containsExactly(other.resolve("15.yml"), other.resolve("20.yaml"));
        assertThat(find(List.of(), other, ConfigFormat.CONF))
                .containsExactly(other.resolve("40.conf"));
    }

    @Test
    void theEnvironmentMayNameTheDirectoryButTheOptionCountsBefore() {
        environment.put("XRAY_LOCATION_CONFDIR", other.toString());
        assertThat(find(List.of(), null, ConfigFormat.JSON))
                .containsExactly(other.resolve("10.json"));
        environment.put("XRAY_LOCATION_CONFDIR", here.toString());
        assertThat(find(List.of(), other, ConfigFormat.JSON))
                .containsExactly(other.resolve("10.json"));
        environment.clear();
        environment.put("xray.location.confdir", other.toString());
        assertThat(find(List.of(), null, ConfigFormat.JSON)).hasSize(1);
    }

    @Test
    void withoutAnyItIsTheFirstUsualFileHere() throws IOException {
        Files.writeString(here.resolve("config.yml"), "");
        assertThat(usual()).isEqualTo(Path.of("config.yml"));
        Files.writeString(here.resolve("config.toml"), "");
        assertThat(usual()).isEqualTo(Path.of("config.toml"));
        Files.writeString(here.resolve("config.json"), "");
        assertThat(usual()).isEqualTo(Path.of("config.json"));
    }

    @Test
    void elseTheOneThatTheEnvironmentNamesElseStandardInput() throws IOException {
        assertThat(usual()).isEqualTo(STDIN);
        environment.put("XRAY_LOCATION_CONFIG", other.toString());
        assertThat(usual()).isEqualTo(STDIN);
        Files.writeString(other.resolve("config.json"), "");
        assertThat(usual()).isEqualTo(other.resolve("config.json"));
    }

    @Test
    void saysWhatIsWrongWithADirectory() throws IOException {
        Path file = Files.writeString(here.resolve("file"), "");
        Path empty = Files.createDirectory(here.resolve("empty"));
        find(List.of(), here.resolve("gone"), ConfigFormat.AUTO);
        find(List.of(), file, ConfigFormat.AUTO);
        assertThat(problems.errors())
                .extracting(ConfigReport::line)
                .containsExactly(
                        here.resolve("gone") + ": no such directory",
                        file + ": is not a directory");
        Problems second = new Problems();
        search().find(List.of(), empty, ConfigFormat.AUTO, second);
        search().find(List.of(), empty, ConfigFormat.TOML, second);
        assertThat(second.errors())
                .extracting(ConfigReport::line)
                .containsExactly(
                        empty
                                + ": holds no configuration: no file there ends in .json, .jsonc, .toml,"
                                + " .yaml or .yml");
    }

    private Path usual() {
        return find(List.of(), null, ConfigFormat.AUTO).getFirst();
    }

    private List<Path> find(List<Path> named, @Nullable Path directory, ConfigFormat format) {
        return search().find(named, directory, format, problems);
    }

    private ConfigSearch search() {
        return new ConfigSearch(here, environment::get);
    }
}
