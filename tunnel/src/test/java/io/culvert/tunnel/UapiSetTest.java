package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UapiSetTest {
    private static final String SECRET = "0f".repeat(32);
    private static final String NONE = "00".repeat(32);
    private static final String A = "aa".repeat(32);
    private static final String B = "bb".repeat(32);
    private static final String OK = "errno=0\n\n";
    private static final String EINVAL = "errno=-22\n\n";
    private static final String OWN =
            HexFormat.of()
                    .formatHex(PrivateKey.of(HexFormat.of().parseHex(SECRET)).publicKey().bytes());

    private final UapiExchange exchange = new UapiExchange();

    private static String block(String key, String... lines) {
        return "public_key="
                + key
                + "\n"
                + String.join("\n", lines)
                + (lines.length > 0 ? "\n" : "");
    }

    private void set(String lines) {
        assertThat(exchange.set(lines)).as(lines).isEqualTo(OK);
    }

    private Peer peer(String key) {
        Peer peer = exchange.device.peer(PublicKey.of(HexFormat.of().parseHex(key)));
        if (peer == null) {
            throw new AssertionError("no peer " + key);
        }
        return peer;
    }

    private List<String> peers() {
        return exchange.device.peers().stream()
                .map(peer -> HexFormat.of().formatHex(peer.publicKey().bytes()))
                .toList();
    }

    private List<String> prefixes(String key) {
        return peer(key).allowed().stream().map(Cidr::toString).toList();
    }

    private boolean hasOutput() {
        return exchange.device.hasOutput();
    }

    @Test
    @Tag("B4")
    @Tag("A12.5")
    void thePrivateKeyIsSetClampedAndTakenAway() {
        set("private_key=" + "ff".repeat(32) + "\n");
        assertThat(exchange.get()).startsWith("private_key=f8" + "ff".repeat(30) + "7f\n");

        set("private_key=" + NONE + "\n");
        assertThat(exchange.get()).isEqualTo(OK);
    }

    @Test
    @Tag("B4")
    void keysAreReadInBothCases() {
        set("private_key=" + SECRET.toUpperCase(java.util.Locale.ROOT) + "\n");
        assertThat(exchange.get()).startsWith("private_key=080f");
    }

    @Test
    @Tag("B4")
    void theListenPortIsBoundAndZeroLetsTheSystemChoose() {
        set("listen_port=65535\n");
        assertThat(exchange.get()).isEqualTo("listen_port=65535\n" + OK);
        set("listen_port=0\n");
        assertThat(exchange.get()).isEqualTo("listen_port=" + UapiExchange.ANY + "\n" + OK);
    }

    @Test
    @Tag("B7")
    void aPortThatCannotBeHadSaysWhyAndLeavesTheOldOne() {
        set("listen_port=1234\n");
        assertThat(exchange.set("listen_port=" + UapiExchange.TAKEN + "\n"))
                .isEqualTo("errno=-98\n\n");
        assertThat(exchange.set("listen_port=" + UapiExchange.PRIVILEGED + "\n"))
                .isEqualTo("errno=-13\n\n");
        assertThat(exchange.listenPort()).isEqualTo(1234);
    }

    @Test
    @Tag("B4")
    @Tag("B7")
    void theMarkIsSetClearedAndRefusedHonestly() {
        set("fwmark=4294967295\n");
        assertThat(exchange.get()).isEqualTo("fwmark=4294967295\n" + OK);
        set("fwmark=0\n");
        assertThat(exchange.get()).isEqualTo(OK);
        assertThat(exchange.set("fwmark=" + UapiExchange.FORBIDDEN_MARK + "\n"))
                .isEqualTo("errno=-1\n\n");
    }

    @Test
    @Tag("B4")
    void replacePeersRemovesAllOfThemAtOnce() {
        set(block(A, "allowed_ip=10.0.0.0/8") + block(B));
        set("replace_peers=true\n" + block(B, "allowed_ip=10.0.0.0/8"));
        assertThat(peers()).containsExactly(B);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "private_key=00",
                "private_key=",
                "private_key=zz000000000000000000000000000000000000000000000000000000000000zz",
                "private_key=00000000000000000000000000000000000000000000000000000000000000000",
                "private_key=000000000000000000000000000000000000000000000000000000000000000 ",
                "listen_port=65536",
                "listen_port=-1",
                "listen_port=",
                "listen_port=+1",
                "listen_port=0x10",
                "listen_port=99999999999999999999999999",
                "fwmark=4294967296",
                "fwmark=off",
                "replace_peers=false",
                "replace_peers=1",
                "replace_allowed_ips=true",
                "allowed_ip=10.0.0.0/8",
                "no_such_key=1",
                "LISTEN_PORT=1",
                "listen_port =1",
                "=1",
                "public_key=aa",
                "public_key=",
            })
    @Tag("B4")
    @Tag("B7")
    void aWrongLineOfTheDeviceIsInvalid(String line) {
        assertThat(exchange.set("listen_port=5\n" + line + "\nlisten_port=6\n")).isEqualTo(EINVAL);
        assertThat(exchange.get()).isEqualTo("listen_port=5\n" + OK);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "preshared_key=00",
                "endpoint=example.org:51820",
                "endpoint=192.0.2.1",
                "persistent_keepalive_interval=65536",
                "persistent_keepalive_interval=off",
                "replace_allowed_ips=false",
                "update_only=false",
                "remove=false",
                "remove=",
                "protocol_version=0",
                "protocol_version=2",
                "allowed_ip=",
                "allowed_ip=10.0.0.1",
                "allowed_ip=-10.0.0.1",
                "allowed_ip=10.0.0.0/33",
                "allowed_ip=fd00::/129",
                "allowed_ip=+10.0.0.0/8",
                "allowed_ip=--10.0.0.0/8",
                "allowed_ip=10.0.0.0/8,10.0.0.0/9",
                "allowed_ip=example.org/32",
                "allowed_ips=10.0.0.0/8",
                "private_key=0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
                "listen_port=1",
                "fwmark=1",
                "replace_peers=true",
            })
    @Tag("B5")
    @Tag("B7")
    void aWrongLineOfAPeerIsInvalidWhetherOrNotTheBlockHasEffect(String line) {
        assertThat(exchange.set(block(A, line) + block(B))).isEqualTo(EINVAL);
        assertThat(peers()).as("public_key was before it").containsExactly(A);

        assertThat(exchange.set(block(A, "remove=true", line) + block(B))).isEqualTo(EINVAL);
        assertThat(peers()).isEmpty();

        assertThat(exchange.set(block(A, "update_only=true", line) + block(B))).isEqualTo(EINVAL);
        assertThat(peers()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"foo", "listen_port", "a8dac1d8a70a751f0f699fb14ba1cff7"})
    @Tag("B7")
    void aLineWithoutAnEqualsSignIsNotTheProtocol(String line) {
        assertThat(exchange.set(line + "\n")).isEqualTo("errno=-71\n\n");
    }

    @Test
    @Tag("B5")
    void aPeerTakesAllItsKeys() {
        set(
                block(
                        A,
                        "update_only=true",
                        "preshared_key=" + SECRET)); // no such peer: nothing happens
        assertThat(peers()).isEmpty();
        set(
                block(
                        A,
                        "protocol_version=1",
                        "preshared_key=" + SECRET,
                        "endpoint=192.0.2.1:5",
                        "persistent_keepalive_interval=65535",
                        "replace_allowed_ips=true",
                        "allowed_ip=10.1.2.3/8",
                        "allowed_ip=fd00::1/8"));
        assertThat(exchange.get())
                .contains(
                        "preshared_key=" + SECRET,
                        "endpoint=192.0.2.1:5\n",
                        "persistent_keepalive_interval=65535\n",
                        "allowed_ip=10.0.0.0/8\nallowed_ip=fd00::/8\n");
        set(
                block(
                        A,
                        "update_only=true",
                        "preshared_key=" + NONE,
                        "persistent_keepalive_interval=0",
                        "replace_allowed_ips=true"));
        assertThat(exchange.get())
                .contains("preshared_key=" + NONE, "persistent_keepalive_interval=0\n")
                .doesNotContain("allowed_ip");
    }

    @Test
    @Tag("B5")
    @Tag("A12.10")
    void aPrefixMovesToWhoeverAsksForItLast() {
        set(block(A, "allowed_ip=10.0.0.0/8") + block(B, "allowed_ip=10.0.0.0/8"));
        assertThat(prefixes(A)).isEmpty();
        assertThat(prefixes(B)).containsExactly("10.0.0.0/8");
    }

    @Test
    @Tag("B5")
    void aMinusTakesExactlyThePrefixThatThePeerHas() {
        set(
                block(A, "allowed_ip=10.0.0.0/8", "allowed_ip=10.0.0.0/16")
                        + block(B, "allowed_ip=::/0"));

        set(block(A, "allowed_ip=-10.0.0.0/16", "allowed_ip=-10.0.0.0/9", "allowed_ip=-::/0"));

        assertThat(prefixes(A)).containsExactly("10.0.0.0/8");
        assertThat(prefixes(B)).hasSize(1);
    }

    @Test
    @Tag("B5")
    void updateOnlyUndoesAPeerThatItsBlockMade() {
        set(block(A, "allowed_ip=10.0.0.0/8", "update_only=true", "allowed_ip=10.0.0.0/9"));
        assertThat(peers()).isEmpty();
    }

    @Test
    @Tag("B5")
    void updateOnlyLeavesAPeerThatWasThere() {
        set(block(A, "allowed_ip=10.0.0.0/8"));
        set(block(A, "allowed_ip=10.0.0.0/9", "update_only=true", "allowed_ip=10.0.0.0/10"));
        assertThat(prefixes(A)).hasSize(3);
    }

    @Test
    @Tag("B5")
    void aRemovedPeerIsGoneWithTheRestOfItsBlock() {
        set(block(A, "allowed_ip=10.0.0.0/8") + block(B));
        set(block(A, "remove=true", "allowed_ip=10.0.0.0/9") + block(B, "allowed_ip=10.0.0.0/9"));
        assertThat(peers()).containsExactly(B);
        assertThat(prefixes(B)).containsExactly("10.0.0.0/9");
    }

    @Test
    @Tag("B5")
    void removingWhoWasNeverThereIsNoErrorAndMakesNoPeer() {
        set(block(A, "remove=true"));
        assertThat(peers()).isEmpty();
        assertThat(exchange.device.pollEvent()).isNull();
    }

    @Test
    @Tag("B6")
    void nothingOfABlockLeaksIntoTheNext() {
        set(
                block(
                                A,
                                "preshared_key=" + SECRET,
                                "persistent_keepalive_interval=5",
                                "remove=true")
                        + block(B));
        assertThat(exchange.get())
                .contains("public_key=" + B, "preshared_key=" + NONE, "_interval=0\n")
                .doesNotContain(SECRET);
    }

    @Test
    @Tag("B6")
    @Tag("A12.6")
    void theOwnKeyAsPeerIsIgnoredButItsLinesAreChecked() {
        set("private_key=" + SECRET + "\n" + block(OWN, "allowed_ip=10.0.0.0/8") + block(A));
        assertThat(peers()).containsExactly(A);
        assertThat(exchange.set(block(OWN, "allowed_ip=nonsense"))).isEqualTo(EINVAL);
    }

    @Test
    @Tag("A12.5")
    void becomingTheKeyOfAPeerRemovesThatPeer() {
        set(block(OWN) + block(A));
        set("private_key=" + SECRET + "\n");
        assertThat(peers()).containsExactly(A);
    }

    @Test
    @Tag("B6")
    void theKeepaliveThatIsTurnedOnIsSentWhenTheBlockEnds() {
        set("private_key=" + SECRET + "\n");
        exchange.device.up(exchange.now);
        UapiExchange.Connection client = exchange.session();
        client.say("set=1\n" + block(A, "endpoint=192.0.2.1:5", "persistent_keepalive_interval=9"));
        assertThat(hasOutput()).isFalse();
        assertThat(exchange.get()).contains("persistent_keepalive_interval=9");

        client.say("public_key=" + B + "\n");

        assertThat(hasOutput()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"nonsense=1", "remove=true", "persistent_keepalive_interval=0"})
    @Tag("B6")
    void noKeepaliveIsSentAfterAnErrorOrWhenItNoLongerStands(String last) {
        set("private_key=" + SECRET + "\n");
        exchange.device.up(exchange.now);
        exchange.set(block(A, "endpoint=192.0.2.1:5", "persistent_keepalive_interval=9", last));
        assertThat(hasOutput()).isFalse();
    }

    @Test
    @Tag("B6")
    void whatCameBeforeAnErrorStaysAndWhatComesAfterDoesNotHappen() {
        assertThat(
                        exchange.set(
                                "listen_port=9\n"
                                        + block(A, "allowed_ip=10.0.0.0/8", "allowed_ip=x")
                                        + block(B)))
                .isEqualTo(EINVAL);
        assertThat(exchange.listenPort()).isEqualTo(9);
        assertThat(peers()).containsExactly(A);
        assertThat(prefixes(A)).containsExactly("10.0.0.0/8");
    }

    @Test
    @Tag("B6")
    void thePeersOfAClientThatHangsMayBeRemovedByAnother() {
        UapiExchange.Connection hanging = exchange.session();
        hanging.say("set=1\n" + block(A, "allowed_ip=10.0.0.0/8"));
        set(block(A, "remove=true"));

        assertThat(hanging.say("allowed_ip=10.0.0.0/9\nendpoint=192.0.2.1:4\n\n")).isEqualTo(OK);
        assertThat(peers()).isEmpty();
    }

    @Test
    @Tag("A11.6")
    void aMappedEndpointIsReachedOverIpv4() {
        set(block(A, "endpoint=[::ffff:192.0.2.1]:51820"));
        assertThat(exchange.get()).contains("endpoint=192.0.2.1:51820\n");
    }
}
