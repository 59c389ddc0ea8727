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

class XrayJsonReaderTest {
    private final Problems problems = new Problems();

    @Test
    void readsEveryKindOfValue() {
        Map<String, ConfigNode> root =
                read(
                        """
                        {"s": "text", "i": -3, "d": 1420.0, "b": true, "n": null, "a": [1, "x"], "o": {}}
                        """);
        assertThat(node(root, "s").string(problems)).isEqualTo("text");
        assertThat(node(root, "i").integer(problems, -5, 5, 0)).isEqualTo(-3);
        assertThat(node(root, "d").kind()).isEqualTo(Kind.DECIMAL);
        assertThat(node(root, "b").bool(problems, false)).isTrue();
        assertThat(node(root, "n").isAbsent()).isTrue();
        assertThat(node(root, "a").elements()).hasSize(2);
        assertThat(node(root, "o").kind()).isEqualTo(Kind.OBJECT);
        assertThat(problems.errors()).isEmpty();
    }

    @Test
    void allowsCommentsAndTrailingCommas() {
        Map<String, ConfigNode> root =
                read(
                        """
                        // first
                        { # second
                          "a": [1, 2, /* third */], // fourth
                        }
                        """);
        assertThat(node(root, "a").elements()).hasSize(2);
    }

    @Test
    void ignoresWhatFollowsTheRootObject() {
        assertThat(read("{\"a\": 1}} and more")).containsOnlyKeys("a");
    }

    @Test
    void ofARepeatedKeyTheLastCountsWhateverItsCase() {
        Map<String, ConfigNode> root =
                read("{\"Port\": 1, \"port\": 2, \"o\": {\"A\": 1, \"a\": 2}}");
        assertThat(node(root, "port").integer(problems, 0, 9, 0)).isEqualTo(2);
        assertThat(node(root, "o").member("A").integer(problems, 0, 9, 0)).isEqualTo(2);
    }

    @Test
    void knowsThePathAndPlaceOfEachValue() {
        Map<String, ConfigNode> root =
                read(
                        """
                        {
                          "outbounds": [
                            {"settings": {"peers": [{}, {"publicKey": "x"}]}}
                          ]
                        }
                        """);
        ConfigNode outbound = node(root, "outbounds").elements().getFirst();
        ConfigNode peer = outbound.member("settings").member("peers").elements().get(1);
        assertThat(peer.member("publicKey").place())
                .isEqualTo(new Place("c.json", 3, 47, "outbounds[0].settings.peers[1].publicKey"));
        assertThat(peer.member("endpoint").path())
                .isEqualTo("outbounds[0].settings.peers[1].endpoint");
    }

    @Test
    void keepsAnIntegerBeyondLongAsANumber() {
        assertThat(node(read("{\"a\": 123456789012345678901234567890}"), "a").kind())
                .isEqualTo(Kind.DECIMAL);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {"a": }            | c.json:1:7: broken JSON: unexpected character '}': expected a value
                    {"a": 1 "b": 2}    | c.json:1:9: broken JSON: unexpected character '"': was expecting comma to separate Object entries
                    {"a": secret}      | c.json:1:7: broken JSON: a value is neither text in double quotes nor a number, true, false, null, { or [
                    {a: 1}             | c.json:1:2: broken JSON: unexpected character 'a': was expecting double-quote to start property name
                    {"a": [1, 2        | c.json:1:12: broken JSON: unexpected end of the file: expected close marker for Array
                    {"a": 1]           | c.json:1:8: broken JSON: unexpected close marker ']': expected '}'
                    {"a": "x           | c.json:1:9: broken JSON: unexpected end of the file: was expecting closing quote for a string value
                    {"a": 01}          | c.json:1:8: broken JSON: Invalid numeric value: Leading zeroes not allowed
                    [1]                | c.json: does not start with an object: Xray's configuration is a JSON object { … }
                    """)
    void saysWhereTheTextIsBroken(String text, String line) {
        // The source keeps no quotes apart: the parameters are taken as they stand.
        assertThat(XrayJsonReader.read("c.json", text, problems)).isNull();
        assertThat(problems.errors()).extracting(ConfigReport::line).containsExactly(line);
    }

    @Test
    void countsLinesAndColumnsFromOne() {
        read("{\n  \"inbounds\": [],\n  \"outbounds\" []\n}");
        assertThat(problems.errors())
                .extracting(ConfigReport::line)
                .singleElement()
                .asString()
                .startsWith("c.json:3:15: broken JSON: ");
    }

    @Test
    void anEmptyFileIsNoConfiguration() {
        read(" \n");
        assertThat(problems.errors())
                .extracting(ConfigReport::line)
                .containsExactly("c.json: is empty: Xray's configuration is a JSON object { … }");
    }

    @Test
    void refusesNestingThatCouldExhaustTheStack() {
        read("{\"a\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}");
        assertThat(problems.errors())
                .extracting(ConfigReport::line)
                .containsExactly("c.json: broken JSON: nested deeper than 200 levels");
    }

    private Map<String, ConfigNode> read(String text) {
        Map<String, ConfigNode> root = XrayJsonReader.read("c.json", text, problems);
        return root == null ? Map.of() : root;
    }

    private static ConfigNode node(Map<String, ConfigNode> root, String key) {
        return Objects.requireNonNull(root.get(key), key);
    }
}
