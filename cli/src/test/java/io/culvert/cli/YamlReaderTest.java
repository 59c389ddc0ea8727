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
import org.junit.jupiter.params.provider.ValueSource;

class YamlReaderTest {
    private final Problems problems = new Problems();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    text        | STRING
                    "1420"      | STRING
                    '1420'      | STRING
                    !!str 1420  | STRING
                    10.0.0.2/32 | STRING
                    1-2         | STRING
                    2026-11-28  | STRING
                    -3          | INTEGER
                    1_420       | INTEGER
                    0x1F        | INTEGER
                    !!int 7     | INTEGER
                    1420.0      | DECIMAL
                    1e3         | DECIMAL
                    .inf        | DECIMAL
                    12345678901234567890 | DECIMAL
                    true        | BOOLEAN
                    yes         | BOOLEAN
                    Off         | BOOLEAN
                    null        | NULL
                    ~~          | NULL
                    [1, 2]      | ARRAY
                    {x: 1}      | OBJECT
                    """)
    void knowsAValueByItsForm(String text, Kind kind) {
        assertThat(node(read("a: " + text), "a").kind()).isEqualTo(kind);
        assertThat(problems.errors()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"10,10", "010,8", "0o10,8", "0x10,16", "0b10,2", "+7,7", "-0x10,-16", "09,9"})
    void readsIntegersOfEveryBase(String text, long number) {
        long fallback = 0;
        assertThat(node(read("a: " + text), "a").integer(problems, -99, 99, fallback))
                .isEqualTo(number);
    }

    @Test
    void knowsThePathAndPlaceOfEachValue() {
        Map<String, ConfigNode> root =
                read(
                        """
                        outbounds:
                        - tag: a
                        - settings:
                            peers:
                            - publicKey: x
                        """);
        ConfigNode outbound = node(root, "outbounds").elements().get(1);
        ConfigNode peer = outbound.member("settings").member("peers").elements().getFirst();
        assertThat(peer.member("publicKey").place())
                .isEqualTo(new Place("c.yaml", 5, 18, "outbounds[1].settings.peers[0].publicKey"));
        assertThat(peer.member("endpoint").path())
                .isEqualTo("outbounds[1].settings.peers[0].endpoint");
    }

    @Test
    void anAliasStandsForWhatItNamesUnderItsOwnPath() {
        Map<String, ConfigNode> root = read("a: &k {x: 1}\nb: [*k, *k]\n");
        ConfigNode second = node(root, "b").elements().get(1);
        assertThat(second.member("x").integer(problems, 0, 9, 0)).isEqualTo(1);
        assertThat(second.member("x").path()).isEqualTo("b[1].x");
    }

    @Test
    void whatIsMergedCountsWhereNothingElseIsSaid() {
        Map<String, ConfigNode> root =
                read(
                        """
                        base: &base {port: 1, tag: base}
                        more: &more {port: 2, listen: "::1"}
                        both:
                          <<: [*base, *more]
                          tag: own
                        """);
        ConfigNode both = node(root, "both");
        assertThat(both.member("port").integer(problems, 0, 9, 0)).isEqualTo(1);
        assertThat(both.member("listen").string(problems)).isEqualTo("::1");
        assertThat(both.member("tag").string(problems)).isEqualTo("own");
    }

    @Test
    void keysThatLookLikeNumbersAreText() {
        ConfigNode levels = node(read("levels: {0: {connIdle: 5}}"), "levels");
        assertThat(levels.member("0").member("connIdle").integer(problems, 0, 9, 0)).isEqualTo(5);
    }

    @Test
    void ofSeveralDocumentsTheFirstCounts() {
        assertThat(read("---\na: 1\n---\nb: 2\n")).containsOnlyKeys("a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    a: [1, 2            | c.yaml:1:9: broken YAML: expected ',' or ']', but got <stream end>
                    a: b: c             | c.yaml:1:5: broken YAML: mapping values are not allowed here
                    a: "x               | c.yaml:1:6: broken YAML: found unexpected end of stream
                    a: *nobody          | c.yaml:1:4: broken YAML: this alias stands before the end of what it names
                    a: &k [*k]          | c.yaml:1:8: broken YAML: this alias stands before the end of what it names
                    a: !!binary eA==    | c.yaml:1:4: broken YAML: tags other than those of plain types are not read
                    a: !java.io.File x  | c.yaml:1:4: broken YAML: tags other than those of plain types are not read
                    a: !!set {x: null}  | c.yaml:1:4: broken YAML: tags other than those of plain types are not read
                    a: !!int x          | c.yaml:1:4: broken YAML: tags other than those of plain types are not read
                    {[1]: 2}            | c.yaml:1:2: broken YAML: a key is text
                    a: {<<: 1}          | c.yaml:1:9: broken YAML: << merges mappings only
                    [1]                 | c.yaml: does not start with a key: Xray's configuration in YAML is lines such as inbounds:
                    text                | c.yaml: does not start with a key: Xray's configuration in YAML is lines such as inbounds:
                    # only              | c.yaml: is empty: Xray's configuration in YAML is lines such as inbounds:
                    """)
    void saysWhereTheTextIsBroken(String text, String line) {
        assertThat(YamlReader.read("c.yaml", text, problems)).isNull();
        assertThat(problems.errors()).extracting(ConfigReport::line).containsExactly(line);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{a: "})
    void refusesNestingThatCouldExhaustTheStack(String opening) {
        assertThat(YamlReader.read("c.yaml", "a: " + opening.repeat(100_000), problems)).isNull();
        assertThat(problems.errors())
                .singleElement()
                .extracting(ConfigReport::line)
                .asString()
                .endsWith("broken YAML: nested deeper than 200 levels");
    }

    @Test
    void refusesAliasesThatMultiply() {
        StringBuilder bomb = new StringBuilder("l0: &l0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i <= 9; i++) {
            bomb.append("l%d: &l%d [%s]\n".formatted(i, i, "*l%d, ".formatted(i - 1).repeat(9)));
        }
        assertThat(YamlReader.read("c.yaml", bomb.toString(), problems)).isNull();
        assertThat(problems.errors())
                .singleElement()
                .extracting(ConfigReport::line)
                .asString()
                .endsWith("broken YAML: aliases stand for more than 10000 values");
    }

    @Test
    void refusesCharactersThatYamlForbids() {
        assertThat(YamlReader.read("c.yaml", "a: \u0001", problems)).isNull();
        assertThat(problems.errors())
                .extracting(ConfigReport::line)
                .containsExactly("c.yaml: broken YAML: it holds characters that YAML forbids");
    }

    private Map<String, ConfigNode> read(String text) {
        Map<String, ConfigNode> root = YamlReader.read("c.yaml", text, problems);
        return root == null ? Map.of() : root;
    }

    private static ConfigNode node(Map<String, ConfigNode> root, String key) {
        return Objects.requireNonNull(root.get(key), key);
    }
}
