package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.interop.KernelPair.Dialler;
import io.culvert.interop.KernelPair.Ends;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams between the kernel's TCP and ours: every byte, in both roles and both directions. */
@Timeout(60)
class KernelTransferInteropTest {
    private static final int MIB = 1 << 20;

    @ParameterizedTest
    @CsvSource({"WE, false", "WE, true", "KERNEL, false", "KERNEL, true"})
    void everyByteArrivesInBothDirectionsAtOnce(Dialler who, boolean v6) throws Exception {
        try (KernelPair pair = KernelPair.start()) {
            try (Ends ends = pair.connect(who, v6, new StackStream(16 * MIB))) {
                pair.exchange(ends, 16 * MIB);
            }
            assertThat(pair.anomalies()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void sixtyFourStreamsDontDisturbEachOther(Dialler who) throws Exception {
        try (KernelPair pair = KernelPair.start()) {
            List<Ends> streams = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                streams.add(pair.connect(who, i % 2 == 0, new StackStream(MIB)));
            }
            try (Concurrently all = new Concurrently()) {
                for (Ends ends : streams) {
                    all.run(() -> pair.exchange(ends, MIB));
                }
            }
            for (Ends ends : streams) {
                ends.close();
            }
            assertThat(pair.anomalies()).isEmpty();
        }
    }
}
