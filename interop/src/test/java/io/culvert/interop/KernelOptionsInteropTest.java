package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.interop.KernelPair.Dialler;
import io.culvert.interop.KernelPair.Ends;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What two ends may agree upon or not, and packets of every size. */
@Timeout(60)
class KernelOptionsInteropTest {
    private static final int MIB = 1 << 20;

    static Stream<Arguments> everySetting() {
        return Stream.of(
                        Arguments.of("", "ts sack wscale:9,\\d+"),
                        Arguments.of("tcp_timestamps=0", "sack wscale:9,\\d+"),
                        Arguments.of("tcp_sack=0", "ts wscale:9,\\d+"),
                        Arguments.of("tcp_timestamps=0 tcp_sack=0", "wscale:9,\\d+"),
                        Arguments.of("tcp_window_scaling=0", "ts sack"),
                        Arguments.of("tcp_timestamps=0 tcp_sack=0 tcp_window_scaling=0", ""),
                        Arguments.of("tcp_rmem=4096,4194304,1073741824", "ts sack wscale:9,14"),
                        Arguments.of("tcp_ecn=1", "ts sack wscale:9,\\d+"),
                        Arguments.of("tcp_syncookies=2", "ts sack wscale:9,\\d+"),
                        Arguments.of("tcp_congestion_control=reno", "ts sack wscale:9,\\d+"))
                .flatMap(a ->
                        Stream.of(Dialler.values())
                                .map(who -> Arguments.of(a.get()[0], a.get()[1], who)));
    }

    /**
     * @param settings of the kernel
     * @param agreed what {@code ss} then shows
     */
    @ParameterizedTest
    @MethodSource("everySetting")
    void whateverTheKernelIsSetTo(String settings, String agreed, Dialler who) throws Exception {
        try (KernelPair pair = KernelPair.start()) {
            for (String setting : settings.isEmpty() ? new String[0] : settings.split(" ")) {
                String[] parts = setting.split("=");
                pair.kernel.set("ipv4/" + parts[0], parts[1].replace(',', ' '));
            }
            try (Ends ends = pair.connect(who, false, new StackStream(2 * MIB))) {
                String shown =
                        Arrays.stream(pair.kernel.connections().split("\\s+"))
                                .filter(w -> w.matches("ts|sack|ecn.*|wscale:.*"))
                                .collect(Collectors.joining(" "));
                assertThat(shown).matches(agreed);
                pair.exchange(ends, 2 * MIB);
            }
            assertThat(pair.anomalies()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "9000, WE, false",
        "9000, KERNEL, true",
        "65535, WE, true",
        "65535, KERNEL, false",
        "1280, WE, true",
        "1280, KERNEL, true",
        "576, WE, false",
        "576, KERNEL, false"
    })
    void everyMtu(int mtu, Dialler who, boolean v6) throws Exception {
        try (KernelPair pair = KernelPair.start(mtu, b -> b)) {
            try (Ends ends = pair.connect(who, v6, new StackStream(4 * MIB))) {
                assertThat(pair.info(ends).mss()).isEqualTo(mtu - (v6 ? 60 : 40) - 12);
                pair.exchange(ends, 4 * MIB);
            }
            assertThat(pair.anomalies()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"WE, 88", "KERNEL, 88", "WE, 48", "KERNEL, 48", "WE, 536", "KERNEL, 536"})
    void theKernelTakesSmallSegmentsOnly(Dialler who, int mss) throws Exception {
        try (KernelPair pair = KernelPair.start()) {
            pair.kernel.route(KernelHost.OURS4, "advmss", Integer.toString(mss));
            try (Ends ends = pair.connect(who, false, new StackStream(MIB / 2))) {
                assertThat(pair.info(ends).mss()).isEqualTo(mss - 12);
                pair.exchange(ends, MIB / 2);
            }
            assertThat(pair.anomalies()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"WE, 88, false", "KERNEL, 88, true", "WE, 536, true", "KERNEL, 536, false"})
    void weTakeSmallSegmentsOnly(Dialler who, int mss, boolean v6) throws Exception {
        try (KernelPair pair = KernelPair.start(1420, b -> b.mssClamp(mss))) {
            try (Ends ends = pair.connect(who, v6, new StackStream(MIB / 2))) {
                assertThat(pair.kernel.connections()).contains(" mss:" + (mss - 12) + " ");
                pair.exchange(ends, MIB / 2);
            }
            assertThat(pair.anomalies()).isEmpty();
        }
    }
}
