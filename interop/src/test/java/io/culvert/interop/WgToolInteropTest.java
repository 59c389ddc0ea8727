package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The real {@code wg} reads and changes the settings of a running Culvert. */
class WgToolInteropTest {
    private Lab lab;
    private ManagedCulvert culvert;

    @BeforeEach
    void start() {
        Requirements.check();
        lab = new Lab();
        culvert = ManagedCulvert.run(lab, lab.server, Configurations.server(lab));
    }

    @AfterEach
    void stop() {
        if (lab != null) {
            lab.close();
        }
    }

    private Path secret(String text) {
        return lab.write("secret" + System.nanoTime(), text);
    }

    /** Of a peer with that key: what {@code wg show NAME WHAT} says of it. */
    private String show(String what, String publicKey) {
        return culvert.wg("show", what)
                .lines()
                .filter(line -> line.startsWith(publicKey + "\t"))
                .map(line -> line.substring(publicKey.length() + 1))
                .findFirst()
                .orElse("no such peer");
    }

    private static String key(int number) {
        byte[] key = new byte[32];
        key[0] = (byte) number;
        key[1] = (byte) (number >> 8);
        key[2] = 1;
        return Base64.getEncoder().encodeToString(key);
    }

    private static String hex(String base64) {
        return HexFormat.of().formatHex(Base64.getDecoder().decode(base64));
    }

    @Test
    @Tag("B3")
    void whatTheFileSaysIsShown() throws Exception {
        String client = lab.clientKeys.publicKey();

        assertThat(culvert.wg("show"))
                .contains(
                        "interface: " + culvert.name() + "\n",
                        "  public key: " + lab.serverKeys.publicKey() + "\n",
                        "  private key: (hidden)\n",
                        "  listening port: 51820\n",
                        "peer: " + client + "\n",
                        "  allowed ips: 10.77.0.2/32, fd77::2/128\n")
                .doesNotContain("fwmark", "latest handshake");
        assertThat(culvert.wg("show", "dump"))
                .isEqualTo(
                        lab.serverKeys.privateKey()
                                + "\t"
                                + lab.serverKeys.publicKey()
                                + "\t51820\toff\n"
                                + client
                                + "\t(none)\t(none)\t10.77.0.2/32,fd77::2/128\t0\t0\t0\toff\n");
        assertThat(culvert.wg("showconf"))
                .isEqualTo(
                        """
                        [Interface]
                        ListenPort = 51820
                        PrivateKey = %s

                        [Peer]
                        PublicKey = %s
                        AllowedIPs = 10.77.0.2/32, fd77::2/128
                        """
                                .formatted(lab.serverKeys.privateKey(), client));
        assertThat(lab.server.exec("wg", "show", "interfaces").split("\\s", -1))
                .contains(culvert.name());
        Path socket = ManagedCulvert.socket(culvert.name());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");
    }

    @Test
    @Tag("B1")
    void theSocketGoesWithTheProgramAndThenThereIsNoSuchInterface() {
        assertThat(lab.server.attempt(Lab.SOON, "wg", "show", "cu-none").exit()).isNotZero();
        assertThat(ManagedCulvert.socket(culvert.name())).exists();

        culvert.program().close();

        assertThat(ManagedCulvert.socket(culvert.name())).doesNotExist();
        assertThat(culvert.attempt("show").exit()).isNotZero();
    }

    @Test
    @Tag("B4")
    @Tag("B5")
    void everyOptionOfWgSetTakesEffect() {
        String peer = key(1);
        Path psk = secret(lab.keys().privateKey());
        culvert.wg(
                "set",
                "listen-port",
                "51999",
                "fwmark",
                "0x77",
                "peer",
                peer,
                "preshared-key",
                psk.toString(),
                "endpoint",
                "192.0.2.7:4500",
                "persistent-keepalive",
                "25",
                "allowed-ips",
                "10.9.0.0/16,fd09::/16,0.0.0.0/0");

        assertThat(culvert.wg("show", "listen-port")).isEqualTo("51999\n");
        assertThat(culvert.wg("show", "fwmark")).isEqualTo("0x77\n");
        assertThat(show("endpoints", peer)).isEqualTo("192.0.2.7:4500");
        assertThat(show("persistent-keepalive", peer)).isEqualTo("25");
        assertThat(show("allowed-ips", peer)).isEqualTo("10.9.0.0/16 fd09::/16 0.0.0.0/0");
        assertThat(show("preshared-keys", peer)).hasSize(44).isNotEqualTo("(none)");
        assertThat(lab.server.exec("ss", "-lun")).contains(":51999").doesNotContain(":51820");

        culvert.wg("set", "fwmark", "off", "listen-port", "0");
        assertThat(culvert.wg("show", "fwmark")).isEqualTo("off\n");
        assertThat(culvert.wg("show", "listen-port").strip())
                .matches("[1-9]\\d+")
                .isNotEqualTo("51999");

        culvert.wg(
                "set",
                "peer",
                peer,
                "persistent-keepalive",
                "off",
                "preshared-key",
                "/dev/null",
                "endpoint",
                "[fd00:77::9]:7",
                "allowed-ips",
                "");
        assertThat(show("persistent-keepalive", peer)).isEqualTo("off");
        assertThat(show("preshared-keys", peer)).isEqualTo("(none)");
        assertThat(show("endpoints", peer)).isEqualTo("[fd00:77::9]:7");
        assertThat(show("allowed-ips", peer)).isEqualTo("(none)");

        culvert.wg("set", "peer", peer, "remove", "peer", key(9), "remove");
        assertThat(culvert.wg("show", "peers")).isEqualTo(lab.clientKeys.publicKey() + "\n");
    }

    @Test
    @Tag("A12.10")
    void aPrefixMovesBetweenPeers() {
        culvert.wg("set", "peer", key(1), "allowed-ips", "10.77.0.2/32,10.5.0.0/16");
        assertThat(show("allowed-ips", key(1))).isEqualTo("10.77.0.2/32 10.5.0.0/16");
        assertThat(show("allowed-ips", lab.clientKeys.publicKey())).isEqualTo("fd77::2/128");
    }

    @Test
    @Tag("A12.5")
    @Tag("A12.6")
    void keysAreSetTakenAwayAndShownClamped() {
        Lab.KeyPair other = lab.keys();
        culvert.wg("set", "private-key", "/dev/null");
        assertThat(culvert.wg("show", "private-key")).isEqualTo("(none)\n");

        culvert.wg("set", "private-key", secret(other.privateKey()).toString());
        assertThat(culvert.wg("show", "public-key")).isEqualTo(other.publicKey() + "\n");

        culvert.wg("set", "peer", other.publicKey(), "allowed-ips", "10.1.1.1/32");
        assertThat(show("allowed-ips", other.publicKey())).isEqualTo("no such peer");

        Lab.KeyPair third = lab.keys();
        culvert.wg("set", "peer", third.publicKey(), "allowed-ips", "10.1.1.1/32");
        culvert.wg("set", "private-key", secret(third.privateKey()).toString());
        assertThat(show("allowed-ips", third.publicKey())).isEqualTo("no such peer");

        culvert.wg(
                "set",
                "private-key",
                secret("//////////////////////////////////////////8=").toString());
        assertThat(culvert.wg("show", "private-key"))
                .isEqualTo("+P///////////////////////////////////////38=\n");
    }

    @Test
    @Tag("B6")
    void setconfReplacesAddconfAddsAndSyncconfChangesOnlyWhatDiffers() {
        String base =
                """
                [Interface]
                PrivateKey = %s
                ListenPort = 51821
                FwMark = 0x10

                [Peer]
                PublicKey = %s
                AllowedIPs = 10.1.0.0/16, fd01::/16
                Endpoint = 192.0.2.1:1
                PersistentKeepalive = 30
                """
                        .formatted(lab.serverKeys.privateKey(), key(1));
        culvert.configure("setconf", base);
        assertThat(culvert.wg("show", "peers")).isEqualTo(key(1) + "\n");
        assertThat(culvert.wg("show", "listen-port")).isEqualTo("51821\n");

        String more = "[Peer]\nPublicKey = " + key(2) + "\nAllowedIPs = 10.2.0.0/16\n";
        culvert.configure("addconf", more);
        assertThat(culvert.wg("show", "peers").lines()).containsExactly(key(1), key(2));

        culvert.configure(
                "syncconf",
                base.replace("10.1.0.0/16, ", "") + "\n" + more.replace(key(2), key(3)));
        assertThat(culvert.wg("show", "peers").lines()).containsExactly(key(1), key(3));
        assertThat(show("allowed-ips", key(1))).isEqualTo("fd01::/16");
        assertThat(culvert.wg("show", "fwmark")).isEqualTo("0x10\n");

        culvert.configure("setconf", "");
        assertThat(culvert.wg("show", "peers")).isEmpty();
        assertThat(culvert.wg("show", "private-key")).isEqualTo("(none)\n");
        assertThat(culvert.wg("show", "fwmark")).isEqualTo("off\n");
    }

    @Test
    @Tag("B3")
    void theConfigurationThatIsShownSetsTheSame() {
        culvert.wg(
                "set",
                "peer",
                key(1),
                "allowed-ips",
                "10.3.0.0/16,::/0",
                "endpoint",
                "192.0.2.9:9");
        culvert.wg(
                "set",
                "peer",
                key(2),
                "preshared-key",
                secret(key(7)).toString(),
                "persistent-keepalive",
                "1");
        String shown = culvert.wg("showconf");

        culvert.configure("setconf", "");
        assertThat(culvert.wg("showconf")).isNotEqualTo(shown);
        culvert.configure("setconf", shown);

        assertThat(culvert.wg("showconf")).isEqualTo(shown);
    }

    @Test
    @Tag("B2")
    void hugeListsLoadAndAreListedWhole() {
        String many =
                IntStream.range(0, 130_560)
                        .mapToObj(i -> "10.%d.%d.%d/32".formatted(i >> 16, (i >> 8) & 255, i & 255))
                        .reduce(
                                new StringBuilder(),
                                (all, next) -> all.append(all.isEmpty() ? "" : ",").append(next),
                                StringBuilder::append)
                        .toString();
        long before = System.nanoTime();
        culvert.configure(
                "addconf", "[Peer]\nPublicKey = " + key(1) + "\nAllowedIPs = " + many + "\n");
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(20));
        assertThat(show("allowed-ips", key(1)).split(" ", -1)).hasSize(130_560);

        StringBuilder crowd = new StringBuilder();
        for (int peer = 0; peer < 40; peer++) {
            crowd.append("[Peer]\nPublicKey = ").append(key(100 + peer)).append('\n');
            for (int i = 0; i < 52; i++) {
                crowd.append("AllowedIPs = fd%02x::%x/128\n".formatted(peer, i));
            }
        }
        culvert.configure("setconf", crowd.toString());
        assertThat(culvert.wg("show", "allowed-ips").lines())
                .hasSize(40)
                .allMatch(line -> line.split("[ \t]", -1).length == 53);

        StringBuilder thirty = new StringBuilder();
        for (int peer = 0; peer < 30; peer++) {
            thirty.append("[Peer]\nPublicKey = ").append(key(200 + peer)).append('\n');
        }
        culvert.configure("setconf", thirty + "AllowedIPs = 10.0.0.1/32, fd00::1/128\n");
        assertThat(culvert.wg("show", "allowed-ips").lines().toList())
                .hasSize(30)
                .endsWith(key(229) + "\t10.0.0.1/32 fd00::1/128")
                .startsWith(key(200) + "\t(none)");
    }

    /** Debian's wg is older than the minus sign, so these are lines of the protocol. */
    @Test
    @Tag("B5")
    void aMinusTakesOnlyWhatThePeerHas() {
        StringBuilder lines = new StringBuilder("set=1\npublic_key=" + hex(key(1)) + "\n");
        for (int i = 0; i < 197; i++) {
            lines.append("allowed_ip=10.4.0.%d/32\nallowed_ip=fd04::%x/128\n".formatted(i, i));
        }
        assertThat(culvert.raw(lines + "\n")).isEqualTo("errno=0\n\n");
        assertThat(show("allowed-ips", key(1)).split(" ", -1)).hasSize(394);

        String minus = "set=1\npublic_key=" + hex(key(1)) + "\n";
        for (int i = 0; i < 3; i++) {
            minus += "allowed_ip=-10.4.0.%d/32\nallowed_ip=-fd04::%x/128\n".formatted(i, i);
        }
        minus += "allowed_ip=-10.77.0.2/32\nallowed_ip=-10.4.0.0/16\n";
        assertThat(culvert.raw(minus + "\n")).isEqualTo("errno=0\n\n");

        assertThat(show("allowed-ips", key(1)).split(" ", -1)).hasSize(388);
        assertThat(show("allowed-ips", lab.clientKeys.publicKey()).split(" ", -1)).hasSize(2);
    }

    @Test
    @Tag("B7")
    void wgSaysWhatIsWrong() {
        Spawned taken = lab.server.spawnJava(UdpHolder.class, "51777");
        taken.awaitText("bound", Lab.SOON);

        Namespace.Result busy = culvert.attempt("set", "listen-port", "51777");
        assertThat(busy.exit()).isNotZero();
        assertThat(busy.text()).contains("Unable to modify interface: Address already in use");
        assertThat(culvert.wg("show", "listen-port")).isEqualTo("51820\n");

        String wrong = "set=1\nlisten_port=1\npublic_key=xyz\n\n";
        assertThat(culvert.raw(wrong)).isEqualTo("errno=-22\n\n");
        assertThat(culvert.raw("set=1\nprivate_key\n\n")).isEqualTo("errno=-71\n\n");
        assertThat(culvert.raw("get=1\nx=1\n\n")).isEqualTo("errno=22\n\n");
        culvert.program()
                .awaitText("line 3 of a set: public_key is not 64 hexadecimal digits", Lab.SOON);
    }

    @Test
    @Tag("B2")
    void manyToolsAtOnceGetTheirAnswers() throws Exception {
        List<Callable<String>> tools = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String peer = key(300 + i);
            String prefix = "10.30." + i + ".0/24";
            tools.add(() -> culvert.wg("set", "peer", peer, "allowed-ips", prefix));
            tools.add(() -> culvert.wg("show", "dump"));
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<String> done : threads.invokeAll(tools)) {
                done.get();
            }
        }
        assertThat(culvert.wg("show", "peers").lines()).hasSize(9);
        IntStream.range(0, 8)
                .forEach(i ->
                        assertThat(show("allowed-ips", key(300 + i)))
                                .isEqualTo("10.30." + i + ".0/24"));
    }

    @Test
    @Tag("B1")
    void aSecondProgramCannotHaveTheNameAndStartsNothing() throws Exception {
        Path file = lab.write("second.json", Configurations.server(lab).replace("51820", "51830"));
        Spawned second = ManagedCulvert.spawn(lab.server, file, "--uapi", culvert.name());

        assertThat(second.awaitExit(Lab.SOON)).isEqualTo(2);
        assertThat(second.text())
                .contains("--uapi " + culvert.name(), culvert.name() + ".sock", "in use")
                .doesNotContain("ready");
        assertThat(culvert.wg("show", "listen-port")).isEqualTo("51820\n");
    }

    @Test
    @Tag("B1")
    void theSocketOfAProgramThatDiedIsReplaced() throws Exception {
        culvert.program().process().destroyForcibly().waitFor();
        assertThat(ManagedCulvert.socket(culvert.name())).exists();
        Path file = lab.write("again.json", Configurations.server(lab));

        Spawned again = ManagedCulvert.spawn(lab.server, file, "--uapi", culvert.name());
        again.awaitText("ready", Lab.SOON);

        assertThat(culvert.wg("show", "listen-port")).isEqualTo("51820\n");
    }
}
