package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Culvert on both sides, as two processes: many connections, a reader that stops, orderly end. */
@Execution(ExecutionMode.CONCURRENT)
class PairInteropTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long MEMORY_LIMIT_MIB = 256;

    private Lab lab;
    private Spawned client;
    private Spawned server;

    @BeforeEach
    void tunnel() {
        Requirements.check();
        lab = new Lab();
        lab.server.ip("addr", "add", "10.77.0.1/32", "dev", "lo");
        lab.origin(lab.server);
        server = lab.culvert(lab.server, "server.json", Configurations.server(lab));
        client =
                lab.culvert(
                        lab.client,
                        "client.json",
                        Configurations.client(lab, "192.168.77.2", lab.serverKeys));
    }

    @AfterEach
    void unplug() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void twoThousandIdleConnectionsAreEachAnswered() {
        Namespace.Result crowd =
                lab.client.attemptJava(LIMIT, Crowd.class, "127.0.0.1", "7007", "2000");

        assertThat(crowd).isEqualTo(new Namespace.Result(0, "open 2000\nanswered 2000\n"));
        assertMemoryBounded();
    }

    @Test
    void aReaderThatStopsForAMinuteCostsNoMemory() {
        Namespace.Result reader =
                lab.client.attemptJava(
                        LIMIT,
                        StalledReader.class,
                        "127.0.0.1",
                        "8080",
                        Long.toString(4L << 30),
                        "60");

        assertThat(reader).isEqualTo(new Namespace.Result(0, "after the pause 67108864\n"));
        assertMemoryBounded();
    }

    /** What is held meanwhile for hundreds that write has to fit into 64 MB of direct memory. */
    @Test
    void hundredsOfUploadsSurviveATunnelThatStandsStill() {
        Spawned crowd =
                lab.client.spawnJava(
                        StuckCrowd.class, "127.0.0.1", "7007", "600", Integer.toString(1 << 18));
        crowd.awaitText("open 600", LIMIT);
        lab.server.exec("kill", "-STOP", Long.toString(server.process().pid()));
        crowd.say("write");
        crowd.awaitText("stuck", LIMIT);
        lab.server.exec("kill", "-CONT", Long.toString(server.process().pid()));
        crowd.say("read");

        assertThat(crowd.awaitExit(LIMIT)).as(crowd.text()).isZero();
        assertThat(crowd.text()).as(client.text() + server.text()).endsWith("stuck\nwhole 600\n");
        assertThat(client.text() + server.text()).doesNotContain("Error");
        assertMemoryBounded();
    }

    private void assertMemoryBounded() {
        assertThat(client.peakMemory()).as("client, MiB").isLessThan(MEMORY_LIMIT_MIB);
        assertThat(server.peakMemory()).as("server, MiB").isLessThan(MEMORY_LIMIT_MIB);
    }

    @Test
    void terminationClosesInOrder() {
        assertThat(lab.client.exec("curl", "-sS", "http://127.0.0.1:8080/hello"))
                .isEqualTo(Origin.HELLO);

        client.process().destroy();
        server.process().destroy();

        assertThat(client.awaitExit(LIMIT)).as(client.text()).isZero();
        assertThat(server.awaitExit(LIMIT)).as(server.text()).isZero();
        for (String log : new String[] {client.text(), server.text()}) {
            assertThat(log)
                    .doesNotContain(lab.clientKeys.privateKey(), lab.serverKeys.privateKey())
                    .doesNotContain("Exception", "\tat ");
        }
    }
}
