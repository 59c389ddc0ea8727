package io.culvert.netstack;

import static io.culvert.netstack.Host.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.ObjLongConsumer;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TcpSettingsTest {
    private record Setting(
            ObjLongConsumer<TcpSettings.Builder> set, ToLongFunction<TcpSettings> get) {}

    private static final Map<String, Setting> SETTINGS = new HashMap<>();

    static {
        add("receiveBuffer", TcpSettings.Builder::receiveBuffer, TcpSettings::receiveBuffer);
        add("maxReceiveBuffer", TcpSettingsTest::largest, TcpSettings::maxReceiveBuffer);
        add("maxSendBuffer", TcpSettings.Builder::maxSendBuffer, TcpSettings::maxSendBuffer);
        add("synRetries", (b, v) -> b.synRetries((int) v), TcpSettings::synRetries);
        add("synAckRetries", (b, v) -> b.synAckRetries((int) v), TcpSettings::synAckRetries);
        add("retries", (b, v) -> b.retries((int) v), TcpSettings::retries);
        add("orphanRetries", (b, v) -> b.orphanRetries((int) v), TcpSettings::orphanRetries);
        add("timeWait", TcpSettings.Builder::timeWait, TcpSettings::timeWait);
        add("finWait2", TcpSettings.Builder::finWait2, TcpSettings::finWait2);
        add("backlog", (b, v) -> b.backlog((int) v), TcpSettings::backlog);
        add("pending", (b, v) -> b.pending((int) v), TcpSettings::pending);
        add(
                "pendingPerSource",
                (b, v) -> b.pendingPerSource((int) v),
                TcpSettings::pendingPerSource);
        add(
                "pendingPerDestination",
                (b, v) -> b.pendingPerDestination((int) v),
                TcpSettings::pendingPerDestination);
        add(
                "connectionsPerSource",
                (b, v) -> b.connectionsPerSource((int) v),
                TcpSettings::connectionsPerSource);
        add("timeWaits", (b, v) -> b.timeWaits((int) v), TcpSettings::timeWaits);
        add("mssClamp", (b, v) -> b.mssClamp((int) v), TcpSettings::mssClamp);
    }

    private static void add(
            String name,
            ObjLongConsumer<TcpSettings.Builder> set,
            ToLongFunction<TcpSettings> get) {
        SETTINGS.put(name, new Setting(set, get));
    }

    private static Setting setting(String name) {
        return Objects.requireNonNull(SETTINGS.get(name));
    }

    /** Both buffers' bounds are the same, and the first may not be larger. */
    private static void largest(TcpSettings.Builder b, long value) {
        b.receiveBuffer(4096).maxReceiveBuffer(value);
    }

    private static TcpSettings with(String name, long value) {
        TcpSettings.Builder b = TcpSettings.builder().maxReceiveBuffer(1 << 30);
        setting(name).set().accept(b, value);
        return b.build();
    }

    @ParameterizedTest
    @CsvSource({
        "receiveBuffer, 131072, 4096, 1073741824",
        "maxReceiveBuffer, 16777216, 4096, 1073741824",
        "maxSendBuffer, 16777216, 4096, 1073741824",
        "synRetries, 6, 0, 15",
        "synAckRetries, 5, 0, 15",
        "retries, 15, 1, 100",
        "orphanRetries, 8, 1, 100",
        "timeWait, 60000000000, 0, 9223372036854775807",
        "finWait2, 60000000000, 0, 9223372036854775807",
        "backlog, 4096, 1, 2147483647",
        "pending, 65536, 1, 2147483647",
        "pendingPerSource, 43690, 1, 2147483647",
        "pendingPerDestination, 64, 1, 2147483647",
        "connectionsPerSource, 65536, 1, 2147483647",
        "timeWaits, 65536, 1, 2147483647",
        "mssClamp, 0, 0, 65535"
    })
    void eachHasItsDefaultAndItsBounds(String name, long byDefault, long least, long most) {
        ToLongFunction<TcpSettings> get = setting(name).get();
        assertThat(get.applyAsLong(TcpSettings.DEFAULT)).isEqualTo(byDefault);
        assertThat(get.applyAsLong(with(name, least))).isEqualTo(least);
        assertThat(get.applyAsLong(with(name, most))).isEqualTo(most);
        assertRefused(name, least - 1);
        if (most < Integer.MAX_VALUE) {
            assertRefused(name, most + 1);
        }
    }

    private static void assertRefused(String name, long value) {
        assertThatThrownBy(() -> with(name, value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(name + " is out of range: " + value);
    }

    @Test
    void theFirstReceiveBufferIsNoLargerThanTheLargest() {
        TcpSettings.Builder b = TcpSettings.builder().receiveBuffer(8192);
        assertThat(b.maxReceiveBuffer(8192).build().maxReceiveBuffer()).isEqualTo(8192);
        assertThatThrownBy(() -> b.maxReceiveBuffer(8191).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("8191")
                .hasMessageContaining("8192");
    }

    @Test
    void laterChangesOfTheBuilderDoNotReachTheSettings() {
        TcpSettings.Builder b = TcpSettings.builder().timeWait(SECOND);
        TcpSettings settings = b.build();
        b.timeWait(2 * SECOND);
        assertThat(settings.timeWait()).isEqualTo(SECOND);
        assertThat(b.build().timeWait()).isEqualTo(2 * SECOND);
    }

    @Test
    void congestionControlIsBbrUnlessToldOtherwise() {
        assertThat(TcpSettings.DEFAULT.newCongestionControl(1)).isInstanceOf(Bbr.class);
        TcpSettings cubic =
                TcpSettings.builder().congestionControl(CongestionAlgorithm.CUBIC).build();
        assertThat(cubic.newCongestionControl(1)).isInstanceOf(Cubic.class);
        assertThat(cubic.newCongestionControl(1)).isNotSameAs(cubic.newCongestionControl(1));
    }
}
