package io.culvert.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class TransferTest {
    private static final String CLIENT = interval(0, 1, 900) + interval(1, 2, 900);
    private static final String SERVER =
            interval(0, 1, 500_000) + interval(1, 2.000065, 125_000) + interval(2, 3, 125_000);

    private static String interval(double from, double to, long bytes) {
        return """
        {"streams": [{"socket": 5, "start": 9, "bytes": 7}],
         "sum":	{
           "start":	%s, "end":	%s, "seconds":	%s, "bytes":	%d, "sender": false}},
        """
                .formatted(from, to, to - from, bytes);
    }

    @Test
    void countsWhatTheReceiverReports() {
        String json = "{\"intervals\": [" + CLIENT + "], \"server_output_json\": {" + SERVER + "}}";
        assertThat(Transfer.parse(json, false).megabits(0, 2)).isEqualTo(0.0072);
        assertThat(Transfer.parse(json, true).megabits(0, 1)).isEqualTo(4);
        assertThat(Transfer.parse(json, true).megabits(2, 3)).isEqualTo(1);
        assertThat(Transfer.parse(json, true).megabits(1, 3)).isBetween(0.999, 1.0);
        assertThat(Transfer.parse(json, true).intervals()).hasSize(3);
    }

    @Test
    void saysWhatIperf3Says() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Transfer.parse("{\"error\": \"the server is busy\"}", true))
                .withMessageContaining("the server is busy");
    }
}
