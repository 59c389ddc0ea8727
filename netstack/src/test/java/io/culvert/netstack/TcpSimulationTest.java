package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two stacks over links of every badness, both directions at once, with invariants after every
 * event.
 */
class TcpSimulationTest {
    private static final long SECOND = TwoStacks.SECOND;
    private static final int SEEDS = 25;

    static List<Long> seeds() {
        List<Long> seeds = new ArrayList<>();
        for (long i = 0; i < 12; i++) {
            seeds.add(i);
        }
        return seeds;
    }

    /** Each case runs {@value #SEEDS} seeds. */
    @ParameterizedTest
    @MethodSource("seeds")
    void everyByteArrivesOnceAndInOrder(long group) {
        for (long seed = group * SEEDS; seed < (group + 1) * SEEDS; seed++) {
            try {
                transfer(seed);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private static LinkConditions conditions(Random r) {
        LinkConditions link = LinkConditions.clean(r.nextInt(60));
        if (r.nextBoolean()) {
            link = link.withJitter(1 + r.nextInt(30));
        }
        if (r.nextInt(4) > 0) {
            link = link.withLoss(r.nextDouble() * r.nextDouble() * 0.25);
        }
        if (r.nextBoolean()) {
            link = link.withDamage(r.nextDouble() * 0.1, r.nextDouble() * 0.05);
        }
        if (r.nextInt(3) == 0) {
            link = link.withRate(50_000 + r.nextInt(5_000_000), 20_000 + r.nextInt(200_000));
        }
        return link;
    }

    static void transfer(long seed) {
        Random r = new Random(seed * 7919);
        int[] mtus = {576, 1280, 1420, 1500, 9000};
        int mtu = mtus[r.nextInt(mtus.length)];
        TwoStacks net = new TwoStacks(seed, mtu, conditions(r));
        if (r.nextInt(3) == 0) {
            int kinds = r.nextInt(2) << OptionStripper.WINDOW_SCALE;
            kinds |= r.nextInt(2) << OptionStripper.SACK_PERMITTED;
            kinds |= r.nextInt(2) << OptionStripper.TIMESTAMP;
            net.filter = new OptionStripper(kinds);
        }
        TcpInvariants a = new TcpInvariants(net.a);
        TcpInvariants b = new TcpInvariants(net.b);
        net.inspector =
                () -> {
                    a.check();
                    b.check();
                    a.checkMemory();
                    b.checkMemory();
                };
        boolean v6 = mtu >= 1280 && r.nextBoolean();
        int up = r.nextInt(250_000);
        int down = r.nextInt(250_000);
        TransferApp client = new TransferApp(up, seed);
        TransferApp server = new TransferApp(down, seed + 1);
        client.largestWrite = 1 + r.nextInt(50_000);
        server.largestWrite = 1 + r.nextInt(3_000);
        net.b.listen(null, 80, c -> server);
        TcpConnection c = net.a.connect(Host.address(v6 ? "fd00::2" : "10.0.0.2", 80), client);
        if (r.nextInt(4) == 0) {
            c.noDelay(false);
        }
        net.runUntil(() -> client.cause != null && server.cause != null, 1800 * SECOND);
        assertThat(client.cause).isEqualTo(CloseCause.CLOSED);
        assertThat(server.cause).isEqualTo(CloseCause.CLOSED);
        assertThat(client.receivedBytes).isEqualTo(down);
        assertThat(server.receivedBytes).isEqualTo(up);
        net.assertNothingLeft();
    }

    @Test
    void repeatsItselfByteForByte() {
        assertThat(trace(5)).isEqualTo(trace(5)).isNotEqualTo(trace(6));
    }

    private static long trace(long seed) {
        TwoStacks net =
                new TwoStacks(seed, 1420, LinkConditions.clean(10).withLoss(0.05).withJitter(5));
        TransferApp client = new TransferApp(200_000, 1);
        TransferApp server = new TransferApp(200_000, 2);
        net.b.listen(null, 80, c -> server);
        net.a.connect(Host.address("10.0.0.2", 80), client);
        net.runUntil(() -> client.cause != null && server.cause != null, 100 * SECOND);
        return net.traceHash;
    }

    @Test
    void stopsTheSenderOfASlowReaderWithBoundedMemory() {
        TwoStacks net = new TwoStacks(1, 1420, LinkConditions.clean(5));
        TransferApp client = new TransferApp(1L << 40, 1);
        TransferApp server = new TransferApp(0, 2);
        server.finishes = false;
        server.reading = false;
        net.b.listen(null, 80, c -> server);
        net.a.connect(Host.address("10.0.0.2", 80), client);
        net.run(60 * SECOND);
        assertThat(net.poolB.inUse()).isBetween(128L << 10, 192L << 10);
        assertThat(client.sent).isLessThan(1 << 20);
        long packets = net.packetsFromA;
        net.run(120 * SECOND);
        assertThat(net.packetsFromA - packets).as("probes only").isLessThan(10);
        TcpConnection reader = Objects.requireNonNull(server.connection);
        for (int i = 0; i < 50; i++) {
            server.reading = true;
            server.read(reader);
            server.reading = false;
            net.run(3 * SECOND);
            assertThat(net.poolB.inUse()).isLessThan(192L << 10);
        }
        assertThat(server.receivedBytes).isGreaterThan(50 * (100L << 10));
        net.a.close();
        net.b.close();
        net.a.deliver();
        net.b.deliver();
        assertThat(net.poolB.inUse()).isZero();
        assertThat(client.leases).isZero();
    }

    @Test
    void carriesManyConnectionsAtOnce() {
        TwoStacks net = new TwoStacks(1, 1420, LinkConditions.clean(5).withLoss(0.01));
        List<TransferApp> apps = new ArrayList<>();
        net.b.listen(
                null,
                80,
                c -> {
                    TransferApp server = new TransferApp(3_000, apps.size());
                    apps.add(server);
                    return server;
                });
        for (int i = 0; i < 2000; i++) {
            TransferApp client = new TransferApp(2_000, i);
            apps.add(client);
            net.a.connect(Host.address("10.0.0.2", 80), client);
        }
        net.runUntil(
                () -> apps.size() == 4000 && apps.stream().allMatch(a -> a.cause != null),
                200 * SECOND);
        assertThat(apps).allMatch(a -> a.cause == CloseCause.CLOSED);
        assertThat(apps.stream().mapToLong(a -> a.receivedBytes).sum()).isEqualTo(2000 * 5_000L);
        net.assertNothingLeft();
    }

    @Test
    void opensFromBothSidesAtOnce() {
        for (long seed = 0; seed < 50; seed++) {
            TwoStacks net = new TwoStacks(seed, 1420, LinkConditions.clean(20).withLoss(0.1));
            TransferApp client = new TransferApp(20_000, 1);
            TransferApp server = new TransferApp(30_000, 2);
            net.a.connect(Host.address("10.0.0.2", 80), client);
            TcpConnection c = (TcpConnection) net.a.tcp.flows.snapshot()[0];
            simultaneous(net, c.localPort(), server);
            net.runUntil(() -> client.cause != null && server.cause != null, 300 * SECOND);
            assertThat(client.receivedBytes).isEqualTo(30_000);
            assertThat(server.receivedBytes).isEqualTo(20_000);
            net.assertNothingLeft();
        }
    }

    /** Dials from port 80 of b to the port that a dials from. */
    private static void simultaneous(TwoStacks net, int port, TransferApp app) {
        TcpLayer layer = net.b.tcp;
        int ports = 80 << 16 | port;
        long local = IpAddress.lo(Host.address("10.0.0.2"));
        long remote = IpAddress.lo(Host.address("10.0.0.1"));
        int hash = layer.flows.hash(0, local, 0, remote, ports);
        TcpAddresses addresses = new TcpAddresses(0, local, 0, remote, ports, hash);
        TcpConnection c = new TcpConnection(layer, addresses, TcpState.SYN_SENT, 77, null, app);
        layer.opened();
        layer.flows.add(c);
        layer.scheduler.control(c);
    }
}
