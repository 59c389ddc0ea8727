package io.culvert.simnet;

import org.junit.jupiter.api.Test;

/** Many long lives of WireGuard devices, each judged at every event by models of its own. */
class LongLivesTest {
    @Test
    void devicesKeepTheProtocolWhateverHappensToThem() {
        Seeds.run(60, Life::live);
    }
}
