package io.culvert.netstack;

import static io.culvert.netstack.Host.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetStackConfigTest {
    private static final Map<String, BiConsumer<NetStackConfig.Builder, Integer>> SETTERS =
            Map.of(
                    "mtu", NetStackConfig.Builder::mtu,
                    "icmpPerSecond", (b, v) -> b.icmpRate(v, 1),
                    "icmpBurst", (b, v) -> b.icmpRate(1, v),
                    "hopLimit", NetStackConfig.Builder::hopLimit,
                    "smallestFragment", NetStackConfig.Builder::smallestFragment,
                    "udpFlows", NetStackConfig.Builder::udpFlows,
                    "udpFlowsPerParty", NetStackConfig.Builder::udpFlowsPerParty,
                    "udpQueueBytes", NetStackConfig.Builder::udpQueueBytes,
                    "udpIdleNanos", (b, v) -> b.udpIdle(v, 1),
                    "udpDnsIdleNanos", (b, v) -> b.udpIdle(1, v));

    private static NetStackConfig.Builder builder() {
        return NetStackConfig.builder().secret(new byte[32]);
    }

    private static NetStackConfig with(String setting, int value) {
        NetStackConfig.Builder b = builder();
        Objects.requireNonNull(SETTERS.get(setting)).accept(b, value);
        return b.build();
    }

    @ParameterizedTest
    @CsvSource({
        "mtu, 576, 65535",
        "icmpPerSecond, 0, 1000000",
        "icmpBurst, 0, 1000000",
        "hopLimit, 1, 255",
        "smallestFragment, 8, 1280",
        "udpFlows, 1,",
        "udpFlowsPerParty, 0,",
        "udpQueueBytes, 4096,",
        "udpIdleNanos, 1,",
        "udpDnsIdleNanos, 1,"
    })
    void takesWhatIsInRangeAndNamesWhatIsNot(String setting, int least, Integer most) {
        with(setting, least);
        assertRefused(setting, least - 1);
        if (most != null) {
            with(setting, most);
            assertRefused(setting, most + 1);
        }
    }

    private static void assertRefused(String setting, int value) {
        assertThatThrownBy(() -> with(setting, value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(setting + " is out of range: " + value);
    }

    @Test
    void defaultsAreThoseThatAreDocumented() {
        NetStackConfig c = builder().build();
        assertThat(c.mtu()).isEqualTo(1420);
        assertThat(c.addresses()).isEmpty();
        assertThat(c.pool().capacity()).isEqualTo(64L << 20);
        assertThat(c.forwardedEcho()).isEqualTo(EchoPolicy.DROP);
        assertThat(c.answerHopLimitExceeded()).isTrue();
        assertThat(c.icmpPerSecond()).isEqualTo(1000);
        assertThat(c.icmpBurst()).isEqualTo(50);
        assertThat(c.hopLimit()).isEqualTo(64);
        assertThat(c.smallestFragment()).isEqualTo(256);
        assertThat(c.udpFlows()).isEqualTo(8192);
        assertThat(c.udpFlowsPerParty()).isEqualTo(5461);
        assertThat(c.udpMapping()).isEqualTo(UdpMapping.CONE);
        assertThat(c.udpQueueBytes()).isEqualTo(512 * 1024);
        assertThat(c.udpIdleNanos()).isEqualTo(300 * SECOND);
        assertThat(c.udpDnsIdleNanos()).isEqualTo(15 * SECOND);
        assertThat(c.tcp().retries()).isEqualTo(15);
    }

    @Test
    void keepsWhatWasSet() {
        ChunkPool pool = new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, 1L << 20);
        TcpSettings tcp = TcpSettings.builder().build();
        NetStackConfig c =
                builder()
                        .mtu(1300)
                        .addresses(List.of(Host.address("10.9.9.9")))
                        .addresses(List.of(Host.address("10.0.0.2"), Host.address("fd00::2")))
                        .pool(pool)
                        .forwardedEcho(EchoPolicy.RELAY)
                        .answerHopLimitExceeded(false)
                        .icmpRate(7, 8)
                        .hopLimit(9)
                        .smallestFragment(16)
                        .udpFlows(10)
                        .udpFlowsPerParty(3)
                        .udpMapping(UdpMapping.FLOW)
                        .udpQueueBytes(5000)
                        .udpIdle(11, 12)
                        .tcp(tcp)
                        .build();
        assertThat(c.mtu()).isEqualTo(1300);
        assertThat(c.addresses())
                .containsExactly(Host.address("10.0.0.2"), Host.address("fd00::2"));
        assertThat(c.pool()).isSameAs(pool);
        assertThat(c.forwardedEcho()).isEqualTo(EchoPolicy.RELAY);
        assertThat(c.answerHopLimitExceeded()).isFalse();
        assertThat(c.icmpPerSecond()).isEqualTo(7);
        assertThat(c.icmpBurst()).isEqualTo(8);
        assertThat(c.hopLimit()).isEqualTo(9);
        assertThat(c.smallestFragment()).isEqualTo(16);
        assertThat(c.udpFlows()).isEqualTo(10);
        assertThat(c.udpFlowsPerParty()).isEqualTo(3);
        assertThat(c.udpMapping()).isEqualTo(UdpMapping.FLOW);
        assertThat(c.udpQueueBytes()).isEqualTo(5000);
        assertThat(c.udpIdleNanos()).isEqualTo(11);
        assertThat(c.udpDnsIdleNanos()).isEqualTo(12);
        assertThat(c.tcp()).isSameAs(tcp);
    }

    @Test
    void aFlowPerDestinationLivesTwoMinutesUnlessToldOtherwise() {
        NetStackConfig c = builder().udpMapping(UdpMapping.FLOW).build();
        assertThat(c.udpIdleNanos()).isEqualTo(120 * SECOND);
    }

    @Test
    void onePartyMayAlwaysHaveOneFlow() {
        assertThat(builder().udpFlows(1).build().udpFlowsPerParty()).isEqualTo(1);
        assertThat(builder().udpFlows(Integer.MAX_VALUE).build().udpFlowsPerParty())
                .isEqualTo(1431655764);
    }

    @Test
    void laterChangesOfWhatItWasMadeOfDoNotReachIt() {
        List<InetAddress> own = new ArrayList<>(List.of(Host.address("10.0.0.2")));
        byte[] secret = new byte[32];
        NetStackConfig.Builder b = NetStackConfig.builder().secret(secret).addresses(own);
        NetStackConfig c = b.build();
        long before = c.hash(1).strong(1, 2, 3);
        own.clear();
        b.addresses(List.of());
        secret[5] = 1;
        assertThat(c.addresses()).hasSize(1);
        assertThat(c.hash(1).strong(1, 2, 3)).isEqualTo(before);
        assertThat(b.build().hash(1).strong(1, 2, 3)).isEqualTo(before);
        assertThat(c.hash(2).strong(1, 2, 3)).as("of another purpose").isNotEqualTo(before);
    }

    @Test
    void withoutA32ByteSecretThereIsNoStack() {
        assertThatThrownBy(() -> NetStackConfig.builder().build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("secret");
        assertThatThrownBy(() -> NetStackConfig.builder().secret(new byte[31]).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("secret");
    }

    @ParameterizedTest
    @CsvSource({"224.0.0.1", "127.0.0.1", "0.0.0.0", "ff02::1", "::1", "::"})
    void anAddressThatIsNobodysOwnIsRefused(String text) {
        assertThatThrownBy(() -> builder().addresses(List.of(Host.address(text))).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(Host.address(text).getHostAddress());
    }

    @Test
    void ipv6NeedsAnMtuOf1280() {
        List<InetAddress> v6 = List.of(Host.address("fd00::2"));
        assertThat(builder().mtu(1280).addresses(v6).build().mtu()).isEqualTo(1280);
        assertThatThrownBy(() -> builder().mtu(1279).addresses(v6).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1279");
        List<InetAddress> v4 = List.of(Host.address("10.0.0.2"));
        assertThat(builder().mtu(1279).addresses(v4).build().mtu()).isEqualTo(1279);
    }
}
