package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Ten thousand clients that begin to say what they want and never end. */
@Execution(ExecutionMode.CONCURRENT)
class SilentCrowdInteropTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int MEMORY_LIMIT_MIB = 256;

    @Test
    void tenThousandClientsThatNeverEndKeepNobodyOutAndAreGivenUp() {
        Requirements.check();
        try (Lab lab = new Lab()) {
            lab.origin(lab.server);
            Spawned culvert =
                    lab.culvert(
                            lab.client,
                            "crowd.json",
                            """
                            {
                              "policy": {"levels": {"7": {"handshake": 8}}},
                              "inbounds": [
                                {"port": 1080, "protocol": "socks", "settings": {"userLevel": 7}},
                                {"port": 8118, "protocol": "http", "settings": {"userLevel": 7}}
                              ],
                              "outbounds": [{"protocol": "freedom"}]
                            }
                            """);
            // 5 begins a greeting of SOCKS, 71 is the G of GET.
            Spawned crowd =
                    lab.client.spawnJava(
                            SilentCrowd.class, "127.0.0.1", "10000", "1080=5", "8118=71");
            crowd.awaitText("open 10000", LIMIT);
            for (String proxy : new String[] {"socks5://127.0.0.1:1080", "http://127.0.0.1:8118"}) {
                String url = "http://192.168.77.2:8080/hello";
                assertThat(lab.client.exec("curl", "-sS", "-m", "20", "-x", proxy, url))
                        .isEqualTo(Origin.HELLO);
            }
            assertThat(crowd.text()).doesNotContain("ended");
            assertThat(culvert.text()).doesNotContain("ERROR");
            crowd.awaitText("ended 10000", LIMIT);
            assertThat(culvert.peakMemory()).as("MiB").isLessThan(MEMORY_LIMIT_MIB);
        }
    }
}
