package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may ping whom through freedom. */
class FinalRulesTest {
    private static boolean ping(FinalRules rules, String inbound, String host) {
        InboundIdentity from = new InboundIdentity("in", inbound, new Traffic());
        return rules.allows(from, Network.ICMP, InetAddress.ofLiteral(host), 0);
    }

    @ParameterizedTest
    @CsvSource({
        "wireguard, 8.8.8.8, true",
        "wireguard, 192.168.1.1, false",
        "wireguard, fd00::1, false",
        "wireguard, 127.0.0.1, false",
        "socks, 192.168.1.1, true"
    })
    void clientsOfATunnelDoNotPingThePrivateNetwork(String inbound, String host, boolean expected) {
        assertThat(ping(FinalRules.DEFAULT, inbound, host)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"TCP, false", "UDP, false", "TCP UDP, true", "'', true"})
    void aRuleAboutOneNetworkSaysNothingOfPings(String names, boolean expected) {
        EnumSet<Network> networks = EnumSet.noneOf(Network.class);
        for (String name : names.split(" ", -1)) {
            if (!name.isEmpty()) {
                networks.add(Network.valueOf(name));
            }
        }
        FinalRules rules =
                new FinalRules(
                        List.of(
                                new FinalRules.FinalRule(
                                        true, networks, null, null, BlockDelay.NONE)));
        assertThat(ping(rules, "wireguard", "192.168.1.1")).isEqualTo(expected);
    }
}
