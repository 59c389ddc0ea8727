package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RoutingRuleTest {
    @Test
    void ruleThatIsMadeIsReadBackAsItself() {
        List<RoutingRule> rules =
                List.of(
                        RoutingRule.from(InetAddress.ofLiteral("10.0.0.2"), 10231, 10235),
                        RoutingRule.from(InetAddress.ofLiteral("fd00::2"), 10231, 200),
                        RoutingRule.boundTo(true, "wg12", 10230, 10235),
                        RoutingRule.unmarked(false, 51820, 32765, 51820),
                        RoutingRule.mainWithoutDefault(true, 32764),
                        RoutingRule.fromPort(51820, 32763));
        for (RoutingRule rule : rules) {
            byte[] sent = rule.create().encode(7);
            NetlinkMessage message = NetlinkMessage.decode(sent).getFirst();
            assertThat(message.type()).isEqualTo(RoutingRule.NEW);
            assertThat(message.sequence()).isEqualTo(7);
            assertThat(RoutingRule.decode(message)).isEqualTo(rule);
        }
    }

    @Test
    void deletionNamesTheRuleAndWhoMadeIt() {
        RoutingRule rule = RoutingRule.unmarked(true, 51820, 32765, 51820);
        RoutingRule named =
                RoutingRule.decode(NetlinkMessage.decode(rule.delete().encode(1)).getFirst());
        assertThat(named.priority()).isEqualTo(32765);
        assertThat(named.table()).isEqualTo(51820);
        assertThat(named.protocol()).isEqualTo(RoutingRule.PROTOCOL);
        assertThat(named.ipv6()).isTrue();
    }

    @Test
    void whatIsCutOffOrDamagedIsReadWithoutHarm() {
        SplittableRandom random = new SplittableRandom(1);
        byte[] whole = RoutingRule.boundTo(false, "wg0", 10230, 10235).create().encode(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = java.util.Arrays.copyOf(whole, random.nextInt(whole.length + 1));
            for (int n = random.nextInt(4); n > 0 && damaged.length > 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            for (NetlinkMessage message : NetlinkMessage.decode(damaged)) {
                int _ = message.errno();
                assertThat(RoutingRule.decode(message)).isNotNull();
            }
        }
    }
}
