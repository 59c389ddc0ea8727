package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is on the wire: how many bytes, of which sizes, and when. */
@Execution(ExecutionMode.CONCURRENT)
class WireInteropTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String THROUGH_RELAY = "127.0.0.1:" + Wire.PORT;
    private static final int INITIATION_LENGTH = 148;
    private static final int RESPONSE_LENGTH = 92;
    private static final int KEEPALIVE_LENGTH = 32;
    private static final int OVERHEAD = 32;

    /** As the kernel's own tests list them (netns.sh): points that agree to nothing with anyone. */
    private static final List<String> LOW_ORDER =
            List.of(
                    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                    "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=",
                    "X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc=",
                    "7P///////////////////////////////////////38=",
                    "7f///////////////////////////////////////38=",
                    "7v///////////////////////////////////////38=");

    /** Each message counts with its length, and no message is sent that isn't needed (D8.4). */
    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRoleAndProgram")
    void tenEchoesCostTheBytesOfTenMessagesAndAHandshake(Pair.Role role, Path program) {
        try (Lab lab = Lab.with(program)) {
            Pair pair = new Pair(lab, role, Pair.Options.PLAIN);
            boolean outbound = role == Pair.Role.OUTBOUND;

            Namespace.Result echo =
                    lab.client.attemptJava(
                            LIMIT,
                            UdpEcho.class,
                            outbound ? "127.0.0.1" : "10.77.0.1",
                            outbound ? "7007" : "7",
                            "10",
                            "1000");

            assertThat(echo).isEqualTo(new Namespace.Result(0, "echoed 10\n"));
            String[] bytes = pair.goHost().wgShow("transfer").split("\t", -1);
            long data = dataOfEchoes(10, 1000);
            long initiator = data + INITIATION_LENGTH;
            long responder = data + RESPONSE_LENGTH;
            assertThat(Long.parseLong(bytes[0])).isEqualTo(outbound ? initiator : responder);
            // wireguard-go may confirm its session with a keepalive before the packet that waits.
            assertThat(Long.parseLong(bytes[1]))
                    .isIn(
                            outbound ? responder : initiator,
                            (outbound ? responder : initiator) + KEEPALIVE_LENGTH);
        }
    }

    /** What {@link UdpEcho} sends, as messages with IPv4 and UDP headers, padded to 16. */
    private static long dataOfEchoes(int count, int size) {
        Random random = new Random(2);
        long sum = 0;
        for (int i = 0; i < count; i++) {
            byte[] payload = new byte[1 + random.nextInt(size)];
            random.nextBytes(payload);
            sum += Math.ceilDiv(20 + 8 + payload.length, 16) * 16 + OVERHEAD;
        }
        return sum;
    }

    /** An MTU that is no multiple of 16: a full packet has the padding that still fits (D4.3). */
    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRole")
    void paddingNeverGoesBeyondTheMtu(Pair.Role role, Path program) {
        try (Lab lab = Lab.with(program)) {
            int mtu = 1299;
            boolean outbound = role == Pair.Role.OUTBOUND;
            Wire wire = Wire.in(lab.client, "192.168.77.2", Integer.toString(Lab.PORT));
            String settings = "\"mtu\": " + mtu + ",";
            Pair pair = new Pair(lab, role, Pair.Options.at(THROUGH_RELAY).with(settings));
            byte[] body = new byte[300_000];
            Path file =
                    lab.write("body", new String(body, java.nio.charset.StandardCharsets.US_ASCII));

            lab.client.exec(
                    "curl", "-sS", "-m", "20", "-T", file.toString(), pair.web() + "/digest");
            lab.client.exec(
                    "curl", "-sS", "-m", "20", "-o", "/dev/null", pair.web() + "/bytes/300000");

            List<Wire.Datagram> culvert =
                    wire.datagrams().stream().filter(d -> d.up() == outbound).toList();
            assertThat(culvert.stream().mapToInt(Wire.Datagram::length).max())
                    .hasValue(mtu + OVERHEAD);
            assertThat(culvert)
                    .filteredOn(d -> d.type() == Wire.DATA && d.length() != mtu + OVERHEAD)
                    .allMatch(d -> d.length() % 16 == 0, "padded to a multiple of 16");
        }
    }

    @Test
    void persistentKeepalivesComeAtTheirInterval() {
        try (Lab lab = Lab.withNewest()) {
            Wire wire = Wire.in(lab.client, "192.168.77.2", Integer.toString(Lab.PORT));
            Pair pair =
                    new Pair(lab, Pair.Role.OUTBOUND, Pair.Options.at(THROUGH_RELAY).keptAlive(1));
            assertThat(pair.hello(10).text()).isEqualTo(Origin.HELLO);

            // Traffic puts the next one off, so only those after it are at their interval.
            int before = keepalives(wire).size() + 1;
            wire.relay()
                    .await(
                            "five more keepalives",
                            LIMIT,
                            () -> keepalives(wire).size() >= before + 5);

            List<Wire.Datagram> all = keepalives(wire);
            assertGaps(all.subList(before, all.size()), 900, 2500);
        }
    }

    private static List<Wire.Datagram> keepalives(Wire wire) {
        return wire.sent(Wire.DATA).stream().filter(d -> d.length() == KEEPALIVE_LENGTH).toList();
    }

    /** Nobody answers: both implementations repeat the same message at the same times (D11.2). */
    @Test
    void initiationsAreRepeatedLikeTheOthersDo() {
        try (Lab lab = Lab.withNewest()) {
            Wire ours = Wire.in(lab.client);
            Wire theirs = Wire.in(lab.server);
            String peer = Configurations.peer(lab.serverKeys, THROUGH_RELAY, "");
            lab.culvert(lab.client, "client.json", Configurations.client(lab, "", peer));
            lab.wireguardGo(
                    lab.server,
                    lab.serverKeys,
                    List.of("10.77.0.1/24"),
                    "peer",
                    lab.clientKeys.publicKey(),
                    "endpoint",
                    THROUGH_RELAY,
                    "allowed-ips",
                    "10.77.0.2/32");
            lab.client.spawn(Map.of(), "curl", "-sS", "-m", "25", "http://127.0.0.1:8080/hello");
            lab.server.spawn(Map.of(), "ping", "-c", "25", "10.77.0.2");

            for (Wire wire : List.of(ours, theirs)) {
                wire.relay().await("four initiations", LIMIT, () -> wire.datagrams().size() >= 4);
                assertThat(wire.datagrams())
                        .allMatch(d -> d.type() == Wire.INITIATION)
                        .allMatch(d -> d.length() == INITIATION_LENGTH);
                // REKEY_TIMEOUT and its jitter of 333 ms, and what a busy machine adds.
                assertGaps(wire.datagrams(), 4990, 5333 + 1000);
            }
        }
    }

    private static void assertGaps(List<Wire.Datagram> datagrams, long least, long most) {
        for (int i = 1; i < datagrams.size(); i++) {
            assertThat(datagrams.get(i).millis() - datagrams.get(i - 1).millis())
                    .as("gap " + i + " of " + datagrams)
                    .isBetween(least, most);
        }
    }

    /** D4.27: such a peer can be configured and not one datagram leaves for it. */
    @Test
    void peersWithKeysOfLowOrderAreNeverCalled() {
        try (Lab lab = Lab.withNewest()) {
            Wire silent = Wire.in(lab.client);
            StringBuilder peers = new StringBuilder(peer(lab.serverKeys.publicKey(), 70));
            for (int i = 0; i < LOW_ORDER.size(); i++) {
                // The last of them has the origin's network, 10.77.0.0/16.
                peers.append(',').append(peer(LOW_ORDER.get(i), 71 + i));
            }
            Spawned culvert =
                    lab.culvert(
                            lab.client,
                            "client.json",
                            Configurations.client(lab, "", peers.toString()));

            // The tunnel opens with its first flow, which goes to a peer of low order.
            Namespace.Result curl =
                    lab.client.attempt(
                            LIMIT, "curl", "-sS", "-m", "4", "http://127.0.0.1:8080/hello");

            assertThat(curl.exit()).as(curl.text()).isEqualTo(28);
            assertThat(silent.datagrams()).as("the sound peer alone is called").hasSize(1);
            assertThat(culvert.text()).doesNotContain("Exception");
        }
    }

    private static String peer(String key, int network) {
        return """
        {"publicKey": "%s", "endpoint": "%s", "keepAlive": 1, "allowedIPs": ["10.%d.0.0/16"]}\
        """
                .formatted(key, THROUGH_RELAY, network);
    }
}
