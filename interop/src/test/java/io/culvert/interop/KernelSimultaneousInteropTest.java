package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.interop.KernelPair.Dialler;
import io.culvert.interop.KernelPair.Ends;
import io.culvert.netstack.CloseCause;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Segments that cross: a cable of 20 ms in each direction, and both ends act at once. */
@Timeout(60)
class KernelSimultaneousInteropTest {
    private static final long DELAY = 20_000_000;

    private static KernelPair start() {
        FaultyLink toUs = FaultyLink.delayed(DELAY);
        return KernelPair.start(1420, b -> b, toUs, FaultyLink.delayed(DELAY));
    }

    @ParameterizedTest
    @EnumSource
    void bothEndsClose(Dialler who) throws IOException {
        try (KernelPair pair = start()) {
            List<Ends> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                all.add(pair.connect(who, i % 2 == 0, new StackStream(0).keepsOutputOpen()));
            }
            // What both sent last crosses as well.
            for (Ends ends : all) {
                ends.kernels().send(3000).finish();
            }
            boolean _ =
                    pair.host.call(() -> {
                        all.forEach(e -> e.ours().sendLast(e.connection(), 5000));
                        return true;
                    });
            for (Ends ends : all) {
                assertThat(ends.kernels().receiveToEnd()).isEqualTo(5000);
                assertThat(ends.ours().awaitEnd()).isEqualTo(3000);
                assertThat(ends.ours().awaitClosed()).isEqualTo(CloseCause.CLOSED);
                ends.close();
            }
            assertThat(pair.kernel.counters()).containsEntry("TcpEstabResets", 0L);
            assertThat(pair.anomalies()).isEmpty();
        }
    }
}
