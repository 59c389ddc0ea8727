package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.ConfigNode.Kind;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TomlReaderTest {
    private final Problems problems = new Problems();

    @Test
    void readsEveryKindOfValue() {
        Map<String, ConfigNode> root =
                read(
                        """
                        s = "text"
                        i = -3
                        d = 1420.0
                        b = true
                        a = [1, "x"]
                        t = 2026-11-28
                        [o]
                        """);
        assertThat(node(root, "s").string(problems)).isEqualTo("text");
        assertThat(node(root, "i").integer(problems, -5, 5, 0)).isEqualTo(-3);
        assertThat(node(root, "d").kind()).isEqualTo(Kind.DECIMAL);
        assertThat(node(root, "b").bool(problems, false)).isTrue();
        assertThat(node(root, "a").elements()).hasSize(2);
        assertThat(node(root, "t").string(problems)).isEqualTo("2026-11-28");
        assertThat(node(root, "o").kind()).isEqualTo(Kind.OBJECT);
        assertThat(problems.errors()).isEmpty();
    }

    @Test
    void knowsThePathAndPlaceOfEachValue() {
        Map<String, ConfigNode> root =
                read(
                        """
                        [[outbounds]]
                        tag = "a"
                        [[outbounds]]
                        tag = "b"
                        [outbounds.settings]
                          [[outbounds.settings.peers]]
                          publicKey = "x"
                        """);
        ConfigNode outbound = node(root, "outbounds").elements().get(1);
        ConfigNode peer = outbound.member("settings").member("peers").elements().getFirst();
        assertThat(peer.member("publicKey").place())
                .isEqualTo(new Place("c.toml", 7, 3, "outbounds[1].settings.peers[0].publicKey"));
        assertThat(peer.member("endpoint").path())
                .isEqualTo("outbounds[1].settings.peers[0].endpoint");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    a = [1             | c.toml:1:7: broken TOML: unexpected end of input, expected ] or a comma
                    a == 1             | c.toml:1:4: broken TOML: unexpected '=', expected a value
                    a = EGs4lTSJPmgELx | c.toml:1:5: broken TOML: unexpected 'E', expected a value
                    a = 1 b = 2        | c.toml:1:7: broken TOML: unexpected 'b', expected a newline or end-of-input
                    """)
    void saysWhereTheTextIsBrokenWithoutRepeatingIt(String text, String line) {
        assertThat(TomlReader.read("c.toml", text, problems)).isNull();
        assertThat(problems.errors()).extracting(ConfigReport::line).containsExactly(line);
    }

    @Test
    void refusesAKeyThatStandsThereTwice() {
        assertThat(TomlReader.read("c.toml", "a = 1\na = 2", problems)).isNull();
        assertThat(problems.errors())
                .extracting(ConfigReport::line)
                .containsExactly(
                        "c.toml:2:1: broken TOML: a previously defined at line 1, column 1");
    }

    @Test
    void refusesNestingThatCouldExhaustTheStack() {
        assertThat(TomlReader.read("c.toml", "a = " + "[".repeat(100_000), problems)).isNull();
        assertThat(problems.errors())
                .extracting(ConfigReport::line)
                .containsExactly(
                        "c.toml:1:134: broken TOML: Nesting is too deep (more than 128 levels of tables and arrays)");
    }

    private Map<String, ConfigNode> read(String text) {
        Map<String, ConfigNode> root = TomlReader.read("c.toml", text, problems);
        return root == null ? Map.of() : root;
    }

    private static ConfigNode node(Map<String, ConfigNode> root, String key) {
        return Objects.requireNonNull(root.get(key), key);
    }
}
