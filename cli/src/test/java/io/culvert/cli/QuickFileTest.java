package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.proxy.MachineTunnel;
import io.culvert.proxy.Problems;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class QuickFileTest {
    private static final String KEY = "EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=";
    private static final String PEER =
            """
            [Peer]
            PublicKey = osAMIyil18HeZXGGBDC9KpZoM+L2iGyXWVSYivuM9B0=
            AllowedIPs = 0.0.0.0/0
            """;

    private final Problems problems = new Problems();

    private QuickFile parse(String lines) {
        String text =
                "[Interface]\nPrivateKey = " + KEY + "\nAddress = 10.0.0.2/24\n" + lines + PEER;
        return QuickFile.parse(new ConfigSource("wg0.conf", Path.of("wg0.conf"), text), problems);
    }

    private String complaint(String lines) {
        parse(lines);
        return problems.errors().toString();
    }

    @Test
    void whatWgQuickReadsIsRead() {
        QuickFile file =
                parse(
                        """
                        Address = fd00::2/64
                        MTU = 1400
                        DNS = 10.0.0.1, corp.example, fd00::1
                        Table = 1234
                        FwMark = 0xca6c
                        PreUp = echo a # b
                        PostUp = iptables -A FORWARD -i %i -j ACCEPT; true
                        PreDown = c
                        PostDown = d
                        PostUp = e
                        """);
        assertThat(problems.errors()).isEmpty();
        assertThat(problems.warnings()).isEmpty();
        MachineTunnel.Routing routing = file.routing();
        assertThat(routing.addresses()).containsExactly("10.0.0.2/24", "fd00::2/64");
        assertThat(routing.mtu()).isEqualTo(1400);
        assertThat(routing.table()).isEqualTo(1234);
        assertThat(routing.fwmark()).isEqualTo(0xca6c);
        assertThat(file.nameServers()).containsExactly("10.0.0.1", "fd00::1");
        assertThat(file.searchDomains()).containsExactly("corp.example");
        assertThat(file.hooks().preUp()).containsExactly("echo a # b");
        assertThat(file.hooks().postUp())
                .containsExactly("iptables -A FORWARD -i %i -j ACCEPT; true", "e");
        assertThat(file.hooks().preDown()).containsExactly("c");
        assertThat(file.hooks().postDown()).containsExactly("d");
        assertThat(MachineTunnel.create(file.settings(), routing, problems)).isNotNull();
        assertThat(problems.errors()).isEmpty();
    }

    @Test
    void peersNeedNoEndpointAndRoutesAreAutomaticUnlessSaidOtherwise() {
        QuickFile file = parse("");
        assertThat(file.routing().table()).isEqualTo(MachineTunnel.TABLE_AUTO);
        assertThat(file.routing().mtu()).isZero();
        assertThat(MachineTunnel.create(file.settings(), file.routing(), problems)).isNotNull();
        assertThat(parse("Table = off\n").routing().table()).isEqualTo(MachineTunnel.TABLE_OFF);
        assertThat(parse("Table = main\n").routing().table()).isEqualTo(254);
        assertThat(parse("FwMark = off\n").routing().fwmark()).isZero();
        assertThat(problems.errors()).isEmpty();
    }

    @Test
    void valuesThatMeanNothingAreNamed() {
        assertThat(complaint("Table = auto1\n")).contains("[Interface] Table");
        assertThat(complaint("MTU = x\n")).contains("[Interface] MTU");
        assertThat(complaint("FwMark = -1\n")).contains("[Interface] FwMark");
        assertThat(complaint("DNS = a b\n")).contains("[Interface] DNS");
    }

    @Test
    void unwritableSaveConfigIsAWarning() {
        parse("SaveConfig = true\n");
        assertThat(problems.errors()).isEmpty();
        assertThat(problems.warnings().toString()).contains("SaveConfig");
    }

    @Test
    void namesAreWgQuicks() {
        assertThat(QuickFile.path("wg0")).isEqualTo(Path.of("/etc/wireguard/wg0.conf"));
        assertThat(QuickFile.path("wg0.conf")).isEqualTo(Path.of("wg0.conf"));
        assertThat(QuickFile.path("./x/wg0.conf")).isEqualTo(Path.of("./x/wg0.conf"));
        assertThat(QuickFile.interfaceName(Path.of("/a/b/wg0.conf"))).isEqualTo("wg0");
        assertThat(QuickFile.interfaceName(Path.of("/a/b/wg0.json"))).isNull();
        assertThat(QuickFile.interfaceName(Path.of("sixteen-letters-.conf"))).isNull();
        assertThat(QuickFile.interfaceName(Path.of("a b.conf"))).isNull();
    }
}
