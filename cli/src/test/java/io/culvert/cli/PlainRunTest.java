package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line that is understood without the library. */
class PlainRunTest {
    @ParameterizedTest
    @ValueSource(strings = {"-c", "--config", "-config"})
    void isRunWithOneFile(String option) {
        assertThat(PlainRun.file("run", option, "a dir/x.json")).isEqualTo(Path.of("a dir/x.json"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "run",
                "run -c",
                "run x.json",
                "run -c x.json y.json",
                "run -c x.json --log debug",
                "run --log debug",
                "run -c --test",
                "run -c -",
                "run -c @arguments",
                "run -c 'x.json'",
                "run --confdir x",
                "run -C x.json",
                "check -c x.json",
                "Run -c x.json"
            })
    void everythingElseIsTheLibrarys(String line) {
        assertThat(PlainRun.file(line.split(" "))).isNull();
    }

    @Test
    void aNameThatNoFileCanHaveIsTheLibrarys() {
        assertThat(PlainRun.file("run", "-c", "x\0")).isNull();
        assertThat(PlainRun.file("run", "-c", "")).isNull();
    }
}
