package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConfigNodeTest {
    private final Problems problems = new Problems();

    @Test
    void findsMembersWithoutRegardToCase() {
        ConfigNode root = Json.parse("{\"SecretKEY\": \"x\"}");

        assertThat(root.member("secretKey").string(problems)).isEqualTo("x");
    }

    @Test
    void lastOfTwoEqualKeysWins() {
        ConfigNode root = Json.parse("{\"port\": 1, \"PORT\": 2}");

        assertThat(root.member("port").integer(problems, 0, 9, 0)).isEqualTo(2);
        root.reportUnused(problems);
        assertThat(problems.warnings()).isEmpty();
    }

    @Test
    void missingMemberKnowsItsPath() {
        ConfigNode peer = Json.parse("{\"peers\": [{}]}").member("peers").elements().getFirst();

        assertThat(peer.member("publicKey").path()).isEqualTo("peers[0].publicKey");
        assertThat(peer.member("publicKey").isAbsent()).isTrue();
    }

    @Test
    void missingMemberIsShownAsItsFormatShowsPaths() {
        ConfigNode peer =
                ConfigNode.object(new Place("wg0.conf", 7, 1, "[Peer]"), key -> "[Peer] " + key);

        peer.member("PublicKey").isPresent(problems, "a key");

        assertThat(problems.errors())
                .map(Object::toString)
                .containsExactly("wg0.conf: [Peer] PublicKey: is missing: give a key");
    }

    @Test
    void nullIsAbsent() {
        ConfigNode root = Json.parse("{\"listen\": null}");

        assertThat(root.has("listen")).isFalse();
        assertThat(root.member("listen").string(problems, "any")).isEqualTo("any");
        assertThat(problems.errors()).isEmpty();
    }

    @Test
    void decimalIsNoInteger() {
        ConfigNode root = Json.parse("{\"mtu\": 1420.0}");

        assertThat(root.member("mtu").integer(problems, 0, 9999, 7)).isEqualTo(7);
        assertThat(problems.errors())
                .map(Object::toString)
                .containsExactly(
                        "test.json: mtu: must be a whole number from 0 to 9999,"
                                + " not a number with decimals");
    }

    @Test
    void splitsTextAtCommasWhereAListIsMeant() {
        ConfigNode root = Json.parse("{\"network\": \"tcp, udp\"}");

        assertThat(root.member("network").textsOrCommas(problems))
                .extracting(node -> node.string(problems))
                .containsExactly("tcp", "udp");
    }

    @Test
    void namesTheTopmostUnusedNodesOnce() {
        ConfigNode root =
                Json.parse("{\"a\": {\"known\": 1, \"odd\": {\"x\": 1}}, \"b\": [1], \"c\": null}");
        root.member("a").member("known").integer(problems, 0, 9, 0);

        root.reportUnused(problems);

        assertThat(problems.warnings())
                .map(Object::toString)
                .containsExactly(
                        "test.json: a.odd: not known to Culvert yet: ignored",
                        "test.json: b: not known to Culvert yet: ignored");
    }

    @Test
    void remembersLineAndColumn() {
        ConfigNode root = Json.parse("{\n  \"port\": true}");

        Place place = root.member("port").place();

        assertThat(place.line()).isEqualTo(2);
        assertThat(place.column()).isEqualTo(11);
    }

    @Test
    void showsLineAndColumnWhereThereIsNoPath() {
        assertThat(new Place("c.json", 3, 9, "").toString()).isEqualTo("c.json:3:9");
    }

    @Test
    void neverShowsItsValue() {
        ConfigNode root = Json.parse("{\"secretKey\": \"hush\"}");

        assertThat(root.member("secretKey").toString()).doesNotContain("hush");
    }
}
