package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Either side moves while a download runs: nothing is lost but time. */
@Execution(ExecutionMode.CONCURRENT)
class RoamingInteropTest {
    private static final int MIB = 1 << 20;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String THROUGH_RELAY = "127.0.0.1:" + Wire.PORT;

    /** Takes the host's address on the cable away and gives it another. */
    static void move(Namespace host, String from, String to) {
        String cable = host.exec("sh", "-c", "ls /sys/class/net | grep '^[ab]'").strip();
        host.ip("addr", "del", from + "/24", "dev", cable);
        host.ip("addr", "add", to + "/24", "dev", cable);
    }

    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRoleAndProgram")
    void theClientTakesAnotherAddress(Pair.Role role, Path program) throws IOException {
        try (Lab lab = Lab.with(program)) {
            Pair pair = new Pair(lab, role, Pair.Options.KEPT_ALIVE);
            Download download = pair.download(80 * MIB, "--limit-rate", "24M");
            download.awaitArrived(16 * MIB);

            move(lab.client, "192.168.77.1", "192.168.77.9");

            download.awaitWhole(LIMIT);
            assertServerSaw(pair, "192.168.77.9:");
        }
    }

    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRoleAndProgram")
    void theServerTakesAnotherAddress(Pair.Role role, Path program) throws IOException {
        try (Lab lab = Lab.with(program)) {
            Pair pair = new Pair(lab, role, Pair.Options.KEPT_ALIVE);
            Download download = pair.download(80 * MIB, "--limit-rate", "24M");
            download.awaitArrived(16 * MIB);

            move(lab.server, "192.168.77.2", "192.168.77.8");

            download.awaitWhole(LIMIT);
            if (role == Pair.Role.OUTBOUND) {
                pair.culvert.awaitText("to 192.168.77.8:51820", LIMIT);
            } else {
                assertThat(lab.client.wgShow("endpoints")).isEqualTo("192.168.77.8:51820");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRole")
    void aNatGivesTheClientAnotherPort(Pair.Role role, Path program) throws IOException {
        try (Lab lab = Lab.with(program)) {
            Wire nat = Wire.in(lab.client, "192.168.77.2", Integer.toString(Lab.PORT));
            nat.command("quiet");
            Pair pair = new Pair(lab, role, Pair.Options.at(THROUGH_RELAY).keptAlive(1));
            Download download = pair.download(48 * MIB, "--limit-rate", "16M");
            for (int i = 1; i <= 2; i++) {
                download.awaitArrived(i * 12L * MIB);
                nat.command("rebind");
            }
            download.awaitWhole(LIMIT);
            if (role == Pair.Role.INBOUND) {
                assertThat(pair.culvert.text().split(" moved from ", -1)).hasSizeGreaterThan(2);
            }
        }
    }

    /** The client's path changes from IPv4 to IPv6 and back (D4.5). */
    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRole")
    void theClientChangesTheAddressFamily(Pair.Role role, Path program) {
        try (Lab lab = Lab.with(program)) {
            Wire path = Wire.in(lab.client, "192.168.77.2", Integer.toString(Lab.PORT));
            Pair pair = new Pair(lab, role, Pair.Options.at(THROUGH_RELAY));
            assertThat(pair.hello(10).text()).isEqualTo(Origin.HELLO);
            assertServerSaw(pair, "192.168.77.1:");

            path.command("target fd00:77::2 " + Lab.PORT);
            assertThat(pair.hello(10).text()).isEqualTo(Origin.HELLO);
            assertServerSaw(pair, "[fd00:77::1]:");

            path.command("target 192.168.77.2 " + Lab.PORT);
            assertThat(pair.hello(10).text()).isEqualTo(Origin.HELLO);
            assertServerSaw(pair, "192.168.77.1:");
            assertThat(path.sent(Wire.INITIATION)).as("all in one session").hasSize(1);
        }
    }

    /** Where the server, whichever of the two it is, last said that the client is. */
    private static void assertServerSaw(Pair pair, String address) {
        if (pair.role == Pair.Role.OUTBOUND) {
            assertThat(pair.goHost().wgShow("endpoints")).startsWith(address);
        } else {
            String last =
                    pair.culvert
                            .text()
                            .lines()
                            .filter(line -> line.contains("completed") || line.contains(" moved "))
                            .reduce((_, line) -> line)
                            .orElse("");
            String now = last.replaceFirst(".* moved from \\S+", "");
            // RFC 5952 shortens what Java's own text form writes out.
            assertThat(now.replace(":0:0:0:0:0:", "::")).contains(address);
        }
    }
}
