package io.culvert.netstack;

import static io.culvert.netstack.BbrScenarios.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.BbrScenarios.Flow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a flow does, step by step, is the same every time (bbr.md 7: 48 to 50). */
class BbrTraceTest {
    private static String trace(long seed, int train) {
        Flow flow = bulk(seed, 200, 50, 1, 0.01);
        flow.path.sender.train = train;
        flow.net.runSeconds(10);
        return flow.path.sender.trace + " " + flow.watch.steps;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, DumbbellHost.TRAIN})
    void repeatsItself(int train) {
        ScenarioSeeds.run(seed ->
                assertThat(trace(seed, train))
                        .isEqualTo(trace(seed, train))
                        .isNotEqualTo(trace(seed + 1, train)));
    }

    /** All invariants, those of the queues included; BbrWatch looks at the cheap ones always. */
    @Test
    void keepsItsInvariantsAfterEveryEvent() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 10, 40, 0.5, 0.02);
            TcpInvariants sender = new TcpInvariants(flow.path.sender.stack);
            TcpInvariants receiver = new TcpInvariants(flow.path.receiver.stack);
            Runnable watch = flow.net.inspector;
            flow.net.inspector =
                    () -> {
                        watch.run();
                        sender.check();
                        receiver.check();
                    };
            flow.net.runSeconds(12);
        });
    }
}
