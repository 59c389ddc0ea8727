package io.culvert.netstack;

import static io.culvert.netstack.BbrScenarios.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.BbrScenarios.Flow;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

    /** Clean: 200 Mb/s, 50 ms, a queue of one product, 30 s; letters and rounds. */
    private static final String CLEAN =
            """
            S0 D11 c12 r61 u62 d64 c67 p92 c95 r142 u143 d145 c148 r184 u185 d187 p188 c192
            r249 u250 d252 c255 p287 c290 r344 u345 d347 c350 p386 c389 r430 u431 d433 c436
            r482 u483 d485 p485 c489 r536 u537 d539 c542
            """;

    /** The same at 1 % of random loss. */
    private static final String LOSSY =
            """
            S0 D10 c11 r61 u62 d64 c67 p94 c98 r146 u147 d150 c155 r189 u190 d192
            p192 c196 r254 u255 d257 c260 p293 c297 r352 u353 d355 c358 p394 c398 r439
            u440 d442 c445 r491 u492 d494 p494 c498 r546 u547 d549 c552
            """;

    /** A change of the model on purpose changes these: the failure tells what to put there. */
    @ParameterizedTest
    @CsvSource({"0", "0.01"})
    void followsItsGoldenTrace(double loss) {
        Flow flow = bulk(1, 200, 50, 1, loss);
        flow.net.runSeconds(30);
        String actual =
                flow.watch.steps.stream()
                        .map(s -> letter(s.state()) + s.round())
                        .collect(Collectors.joining(" "));
        String[] seen = actual.split(" ", -1);
        String[] golden = (loss == 0 ? CLEAN : LOSSY).strip().split("\\s+", -1);
        assertThat(seen).as(actual).hasSameSizeAs(golden);
        for (int i = 0; i < seen.length; i++) {
            assertThat(seen[i].charAt(0)).as(actual).isEqualTo(golden[i].charAt(0));
            int round = Integer.parseInt(seen[i].substring(1));
            int expected = Integer.parseInt(golden[i].substring(1));
            assertThat(round).as(actual).isBetween(expected - 1, expected + 1);
        }
    }

    private static String letter(BbrState state) {
        return switch (state) {
            case STARTUP -> "S";
            case DRAIN -> "D";
            case PROBE_BW_DOWN -> "d";
            case PROBE_BW_CRUISE -> "c";
            case PROBE_BW_REFILL -> "r";
            case PROBE_BW_UP -> "u";
            case PROBE_RTT -> "p";
        };
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
