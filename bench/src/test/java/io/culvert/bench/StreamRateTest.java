package io.culvert.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class StreamRateTest {
    @Test
    void takesWhatTheReceiverOfAllStreamsCounted() throws IOException {
        String json =
                """
                {"end": {
                  "sum_sent":	{"start": 0, "seconds": 1.5, "bytes": 999,	"bits_per_second":	9, "sender": true},
                  "sum_received":	{
                    "start":	0,
                    "end":	1.5,
                    "seconds":	1.5,
                    "bytes":	375000000,
                    "bits_per_second":	2.0e+09,
                    "sender":	true}}}
                """;
        assertThat(StreamRate.parse(json)).isEqualTo(new StreamRate(2000, 375_000_000));
    }

    @Test
    void saysWhatIperf3Says() {
        assertThatIOException()
                .isThrownBy(() -> StreamRate.parse("{\"error\": \"the server is busy\"}"))
                .withMessageContaining("the server is busy");
    }
}
