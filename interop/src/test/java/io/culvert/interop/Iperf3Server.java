package io.culvert.interop;

import java.time.Duration;
import java.util.Map;

/**
 * iperf3's server. After each test it closes its listening socket and opens another; whoever comes
 * in between is reset, so a client waits for it to listen again.
 */
final class Iperf3Server {
    private static final String LISTENING = "Server listening";

    private final Spawned process;
    private int tests;

    Iperf3Server(Namespace namespace) {
        process = namespace.spawn(Map.of(), "iperf3", "-s", "--forceflush");
    }

    /** To be called before each test. */
    void awaitListening(Duration limit) {
        tests++;
        process.await("an iperf3 that listens", limit, () -> timesListening() >= tests);
    }

    private int timesListening() {
        return process.text().split(LISTENING, -1).length - 1;
    }
}
