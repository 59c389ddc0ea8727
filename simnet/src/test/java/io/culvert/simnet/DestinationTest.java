package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.CloseCause;
import io.culvert.netstack.Refusal;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client sees of destinations that don't take its connection. */
class DestinationTest {
    private static final long MILLI = 1_000_000;
    private static final double FORGOTTEN = 1200;

    private final SimWorld world = new SimWorld(11, new Trace());
    private final SimPair pair = new SimPair(world, SimPair.Options.DEFAULT);

    DestinationTest() {
        LinkProfile slow = LinkProfile.PERFECT.but().delay(25 * MILLI, 0).build();
        pair.profile(slow, slow);
    }

    private SimTransfer connect(InetSocketAddress destination) {
        return new SimTransfer(world, pair, destination, SimTransfer.Plan.eager(1000, 1000));
    }

    /** Runs until the client knows, and says after how many milliseconds. */
    private long millisUntilClosed(SimTransfer transfer, double seconds) {
        long start = world.scheduler().now();
        world.runUntil(() -> transfer.near().cause() != null, seconds, transfer);
        return (world.scheduler().now() - start) / MILLI;
    }

    @ParameterizedTest
    @CsvSource({
        "RESET, REFUSED, false",
        "RESET, REFUSED, true",
        "HOST_UNREACHABLE, UNREACHABLE, false",
        "HOST_UNREACHABLE, UNREACHABLE, true",
        "NET_UNREACHABLE, UNREACHABLE, false",
        "NET_UNREACHABLE, UNREACHABLE, true",
        "PROHIBITED, UNREACHABLE, false",
        "PROHIBITED, UNREACHABLE, true"
    })
    void aRefusalReachesTheClientWithinTwoRoundTrips(Refusal how, CloseCause seen, boolean ipv6) {
        InetSocketAddress destination = Scenario.destination(ipv6, 9);
        SimTransfer transfer = connect(destination);
        pair.services().tcp(destination, request -> request.refuse(how));
        transfer.start();
        // One round trip for WireGuard's handshake, one for the connection.
        assertThat(millisUntilClosed(transfer, 30)).isBetween(100L, 110L);
        assertThat(transfer.near().cause()).isEqualTo(seen);
        assertThat(transfer.near().isConnected()).isFalse();
        world.expectNothingLeft(FORGOTTEN);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSilentDestinationTimesOut(boolean ipv6) {
        InetSocketAddress destination = Scenario.destination(ipv6, 9);
        SimTransfer transfer = connect(destination);
        pair.services().tcp(destination, request -> request.refuse(Refusal.SILENT));
        transfer.start();
        assertThat(millisUntilClosed(transfer, 200)).isBetween(15_000L, 180_000L);
        assertThat(transfer.near().cause()).isEqualTo(CloseCause.TIMEOUT);
        world.expectNothingLeft(FORGOTTEN);
    }

    @Test
    void aServerThatIsGoneTimesOut() {
        SimTransfer transfer = connect(Scenario.destination(false, 9));
        pair.server().crash();
        transfer.start();
        assertThat(millisUntilClosed(transfer, 200)).isBetween(15_000L, 180_000L);
        assertThat(transfer.near().cause()).isEqualTo(CloseCause.TIMEOUT);
        world.expectNothingLeft(FORGOTTEN);
    }

    @Test
    void aRefusalMayComeLate() {
        InetSocketAddress destination = Scenario.destination(false, 9);
        SimTransfer transfer = connect(destination);
        pair.services()
                .tcp(
                        destination,
                        request ->
                                pair.server()
                                        .after(
                                                5000 * MILLI,
                                                () -> request.refuse(Refusal.HOST_UNREACHABLE)));
        transfer.start();
        assertThat(millisUntilClosed(transfer, 30)).isBetween(5000L, 5200L);
        assertThat(transfer.near().cause()).isEqualTo(CloseCause.UNREACHABLE);
        assertThat(pair.services().requests()).isEqualTo(1);
        world.expectNothingLeft(FORGOTTEN);
    }

    @Test
    void theDialForAClientThatGivesUpIsCancelledAtOnce() {
        assertThat(cancelledAfterQuitting(true)).hasSize(1);
        assertThat(pair.server().stack().liveFlows()).isZero();
        world.expectNothingLeft(FORGOTTEN);
    }

    @Test
    void theDialForAClientThatVanishedIsCancelledWhenNoMoreSynComes() {
        List<Long> cancelled = cancelledAfterQuitting(false);
        assertThat(cancelled).isEmpty();
        world.runFor(130);
        assertThat(cancelled).hasSize(1);
        assertThat(pair.server().stack().liveFlows()).isZero();
        world.expectNothingLeft(FORGOTTEN);
    }

    /**
     * When dials were cancelled whose client quits.
     *
     * @param heard whether what it says then gets through
     */
    private List<Long> cancelledAfterQuitting(boolean heard) {
        InetSocketAddress destination = Scenario.destination(false, 9);
        SimTransfer transfer = connect(destination);
        List<Long> cancelled = new ArrayList<>();
        pair.services()
                .tcp(
                        destination,
                        request -> request.onCancel(() -> cancelled.add(world.scheduler().now())));
        transfer.start();
        world.runFor(0.5);
        assertThat(pair.services().requests()).isEqualTo(1);
        if (!heard) {
            pair.profile(LinkProfile.BROKEN, LinkProfile.BROKEN);
        }
        pair.client().execute(() -> transfer.near().quit(true));
        world.runFor(0.5);
        assertThat(transfer.near().cause()).isEqualTo(CloseCause.ABORTED);
        return cancelled;
    }

    @Test
    void theDialMayTakeLongerThanTheFirstRetransmissions() {
        SimTransfer transfer =
                new SimTransfer(
                        world,
                        pair,
                        Scenario.destination(true, 9),
                        SimTransfer.Plan.eager(50_000, 50_000).withDial(10_000 * MILLI));
        transfer.start();
        world.runUntil(transfer::isComplete, 200, transfer);
        assertThat(pair.services().requests()).isEqualTo(1);
        world.expectNothingLeft(FORGOTTEN);
    }
}
