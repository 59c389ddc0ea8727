package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.wireguard.Device;
import io.culvert.wireguard.DeviceEvent;
import io.culvert.wireguard.Peer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A tunnel comes back by itself, within bounds; and one that works is left alone. */
@Tag("HEAL")
class HealingTest {
    private static final long SECOND = 1_000_000_000L;
    private static final double FORGOTTEN = 1200;

    /** KEEPALIVE_TIMEOUT, REKEY_TIMEOUT and the longest jitter: when silence is noticed. */
    private static final double SILENCE = 15.334;

    /** A handshake that nobody answers. */
    private static final double ATTEMPT = 5.334;

    /** Round trip, name resolution and habits of the hosts. */
    private static final double REACTION = 0.5;

    private static final InetSocketAddress ELSEWHERE =
            new InetSocketAddress(InetAddress.ofLiteral("198.51.100.77"), 51_820);
    private static final InetSocketAddress DEAD =
            new InetSocketAddress(InetAddress.ofLiteral("2001:db8:dead::1"), 51_820);

    private static final LinkProfile PATH =
            LinkProfile.PERFECT.but().delay(20_000_000, 1_000_000).rate(1000, 100_000).build();

    private final SimWorld world = new SimWorld(11, new Trace());
    private final SimPair pair = new SimPair(world, SimPair.Options.DEFAULT);
    private final Driver driver = new Driver(pair.client());
    private final Driver serverDriver = new Driver(pair.server());

    HealingTest() {
        pair.profile(PATH, PATH);
    }

    @Test
    void followsAServerToAnotherAddressOfItsName() {
        driver.name(SimPair.SERVER_OUTSIDE);
        transfer(1);
        pair.restartServer().socket().rebind(ELSEWHERE);
        pair.profile(PATH, PATH);
        driver.addresses = List.of(ELSEWHERE);
        begin(2);
        assertThat(driver.secondsToHandshake()).isLessThan(SILENCE + REACTION);
        assertThat(driver.resolves).isEqualTo(1);
        assertThat(driver.peer().endpoint()).isEqualTo(ELSEWHERE);
        transfer(3);
        world.expectNothingLeft(FORGOTTEN);
    }

    @Test
    void followsAServerThatMovesWhileTheClientHadNothingToSay() {
        driver.name(SimPair.SERVER_OUTSIDE);
        transfer(1);
        world.runFor(3600);
        pair.restartServer().socket().rebind(ELSEWHERE);
        pair.profile(PATH, PATH);
        driver.addresses = List.of(ELSEWHERE);
        begin(2);
        assertThat(driver.secondsToHandshake()).isLessThan(ATTEMPT + REACTION);
        transfer(3);
    }

    @Test
    void triesTheSecondAddressWhenTheFirstIsDead() {
        driver.name(DEAD, SimPair.SERVER_OUTSIDE);
        begin(1);
        assertThat(driver.secondsToHandshake()).isLessThan(ATTEMPT + REACTION);
        transfer(2);
        assertThat(driver.tries).isEqualTo(1);
    }

    @Test
    void goesOnWhereItWasWhileTheNameCannotBeResolved() {
        driver.name(SimPair.SERVER_OUTSIDE);
        transfer(1);
        driver.addresses = List.of();
        pair.profile(LinkProfile.BROKEN, LinkProfile.BROKEN);
        begin(2);
        world.runFor(60);
        assertThat(driver.resolves).isBetween(4, 6);
        pair.profile(PATH, PATH);
        assertThat(driver.secondsToHandshake()).isLessThan(ATTEMPT + REACTION);
        transfer(3);
    }

    @Test
    void talksFromItsNewAddressWhenTheOldOneIsGone() {
        transfer(1);
        pair.client().socket().rebind(new InetSocketAddress("192.0.2.99", 1));
        // What the socket edge sends from an address that is no longer ours doesn't arrive.
        pair.profile(LinkProfile.BROKEN, PATH);
        driver.whenStale = () -> pair.profile(PATH, PATH);
        begin(2);
        assertThat(driver.secondsToHandshake()).isLessThan(SILENCE + REACTION);
        transfer(3);
    }

    @Test
    void takesANewSocketWhenTheOldOneReachesNobody() {
        transfer(1);
        world.runFor(600);
        pair.profile(LinkProfile.BROKEN, PATH);
        driver.whenUnanswered = () -> pair.profile(PATH, PATH);
        begin(2);
        assertThat(driver.secondsToHandshake()).isLessThan(3 * ATTEMPT + REACTION);
        assertThat(driver.rebinds).isEqualTo(1);
        transfer(3);
    }

    @Test
    void anOutageRenewsSocketsEverMoreSeldom() {
        transfer(1);
        pair.profile(LinkProfile.BROKEN, LinkProfile.BROKEN);
        begin(2);
        for (int i = 0; i < 60; i++) {
            begin(10 + i);
            world.runFor(60);
        }
        assertThat(driver.rebinds).isBetween(10, 20);
    }

    @Test
    void aClientThatSleptForHoursHasASessionAtOnce() {
        driver.name(SimPair.SERVER_OUTSIDE);
        transfer(1);
        pair.client().suspend(8 * 3600 * SECOND);
        world.runFor(8 * 3600 - 1);
        driver.expectHandshake();
        world.runFor(1);
        assertThat(driver.secondsToHandshake()).isLessThan(REACTION);
        transfer(2);
        assertThat(driver.resolves).isZero();
        world.expectNothingLeft(FORGOTTEN);
    }

    @Test
    void aServerThatSleptForHoursCallsItsClientsAtOnce() {
        transfer(1);
        pair.server().suspend(8 * 3600 * SECOND);
        world.runFor(8 * 3600 - 1);
        serverDriver.expectHandshake();
        world.runFor(1);
        assertThat(serverDriver.secondsToHandshake()).isLessThan(REACTION);
        transfer(2);
    }

    @Test
    void aTransferGoesOnAfterAShortSleep() {
        SimTransfer transfer = begin(1);
        world.runUntil(() -> transfer.near().read() > 0, 60, transfer);
        pair.client().suspend(100 * SECOND);
        world.runFor(100);
        world.runUntil(transfer::isComplete, 10, transfer);
    }

    @Test
    void aTunnelThatWorksIsLeftAlone() {
        driver.name(SimPair.SERVER_OUTSIDE, DEAD);
        for (int i = 0; i < 4 * 60; i++) {
            begin(i + 1);
            world.runFor(60);
        }
        assertThat(pair.check().handshakes()).isGreaterThan(100);
        assertThat(driver.resolves).isZero();
        assertThat(driver.rebinds).isZero();
        assertThat(driver.tries).isZero();
    }

    private SimTransfer begin(int number) {
        return new SimTransfer(
                        world,
                        pair,
                        Scenario.destination(false, number),
                        SimTransfer.Plan.eager(100_000, 100_000))
                .start();
    }

    private void transfer(int number) {
        SimTransfer transfer = begin(number);
        world.runUntil(transfer::isComplete, 60, transfer);
        world.runFor(1); // until nothing is under way any more
        driver.expectHandshake();
    }

    /** Does what the live tunnel does upon the events of a host's device. */
    private final class Driver {
        private static final long RESOLVING = SECOND / 10;

        private final SimHost host;
        private List<InetSocketAddress> addresses = List.of();
        private Runnable whenStale = () -> {};
        private Runnable whenUnanswered = () -> {};
        private int resolves;
        private int rebinds;
        private int tries;
        private int handshakes;
        private int handshakesBefore;

        Driver(SimHost host) {
            this.host = host;
            host.watch(this::drain);
        }

        Device device() {
            return ((TunnelEngine) host.engine()).core().device();
        }

        Peer peer() {
            return device().peers().getFirst();
        }

        /** The peer's endpoint is a name with these addresses. */
        void name(InetSocketAddress... resolved) {
            addresses = List.of(resolved);
            peer().endpoint(null);
            peer().endpoints(addresses, host.clock());
        }

        void expectHandshake() {
            handshakesBefore = handshakes;
        }

        /** From now to the first handshake after {@link #expectHandshake} or the last transfer. */
        double secondsToHandshake() {
            long begun = world.scheduler().now();
            world.runUntil(() -> handshakes > handshakesBefore, 120, "a handshake");
            return (world.scheduler().now() - begun) / 1e9;
        }

        private void drain() {
            for (DeviceEvent e = device().pollEvent(); e != null; e = device().pollEvent()) {
                switch (e) {
                    case DeviceEvent.HandshakeCompleted _ -> handshakes++;
                    case DeviceEvent.EndpointTried tried -> tries += tried.before() == null ? 0 : 1;
                    case DeviceEvent.SourceAddressStale _ -> whenStale.run();
                    case DeviceEvent.EndpointUnanswered(Peer peer) -> {
                        resolves++;
                        host.after(RESOLVING, () -> peer.endpoints(addresses, host.clock()));
                    }
                    case DeviceEvent.SocketUnanswered _ -> {
                        rebinds++;
                        whenUnanswered.run();
                    }
                    default -> {}
                }
            }
        }
    }
}
