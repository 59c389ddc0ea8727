package io.culvert.wireguard;

import static io.culvert.wireguard.Constants.NEVER;
import static io.culvert.wireguard.Pair.SECOND;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One server, many clients. */
class ManyPeersTest {
    private static final InetSocketAddress SERVER_AT = new InetSocketAddress("192.0.2.254", 51820);

    private final List<Host> clients = new ArrayList<>();
    private final List<Peer> toServer = new ArrayList<>();
    private final Host server =
            new Host(
                    "server",
                    SERVER_AT,
                    PrivateKey.generate(new SeededEntropy(1)),
                    new SeededEntropy(2));
    private long now = 77 * SECOND;

    @Test
    void servesEachFromItsOwnSession() {
        connect(40);
        for (int i = 0; i < clients.size(); i++) {
            byte[] packet = Packets.ip("10.1.0.1", address(i), 60 + i);
            Datagram datagram = server.seal(packet, now);
            assertThat(datagram.destination).isEqualTo(clients.get(i).address);
            assertThat(clients.get(i).receive(datagram.bytes, SERVER_AT, now)).isEqualTo(packet);
        }
    }

    @Tag("A3.7")
    @Test
    void givesEverySessionAnIndexOfItsOwn() {
        connect(40);
        assertThat(server.device.indices.size()).isEqualTo(40);
        Set<Integer> indices = new HashSet<>();
        for (Peer peer : toServer) {
            indices.add(requireNonNull(peer.keypairs.current()).remoteIndex);
        }
        assertThat(indices).hasSize(40);
    }

    @Tag("A10.7")
    @Test
    void believesNobodyWithTheAddressOfAnother() {
        connect(2);
        byte[] packet = Packets.ip(address(1), "10.1.0.1", 60);
        Datagram datagram = clients.get(0).seal(packet, now);
        assertThat(server.receive(datagram.bytes, datagram.source, now)).isNull();
        assertThat(server.device.counters().dropped(Drop.SOURCE_NOT_ALLOWED)).isOne();
    }

    @Tag("A7.12")
    @Test
    void theNextDeadlineIsTheEarliestOfAllPeers() {
        connect(30);
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 2_000; i++) {
            Peer peer = server.device.peers().get(random.nextInt(30));
            switch (random.nextInt(5)) {
                case 0 -> peer.timers.dataSent(now);
                case 1 -> peer.timers.dataReceived(1, now);
                case 2 -> peer.timers.anyAuthenticatedPacketReceived();
                case 3 -> peer.timers.anyAuthenticatedPacketSent();
                default -> peer.persistentKeepalive(random.nextInt(3), now);
            }
            long next = server.device.nextDeadline();
            long earliest =
                    server.device.peers().stream()
                            .mapToLong(p -> p.timers.deadline())
                            .min()
                            .orElse(NEVER);
            assertThat(next).isEqualTo(earliest);
            if (random.nextInt(10) == 0) {
                now += random.nextLong(20 * SECOND);
                server.device.handleTimers(now);
                assertThat(server.device.nextDeadline()).isGreaterThan(now);
                server.poll(now);
            }
        }
        server.device.peers().forEach(server.device::removePeer);
        assertThat(server.device.nextDeadline()).isEqualTo(NEVER);
        assertThat(server.device.indices.size()).isZero();
    }

    @Test
    void aBatchOfManyPeersIsSettledForEach() {
        connect(20);
        for (Host client : clients) {
            client.address = new InetSocketAddress(client.address.getAddress(), 7);
            Datagram datagram =
                    client.seal(Packets.ip(address(clients.indexOf(client)), "10.1.0.1", 60), now);
            server.receive(datagram.bytes, client.address, now);
        }
        server.device.endBatch(now);
        assertThat(server.device.peers())
                .allSatisfy(peer -> {
                    assertThat(peer.endpoint()).isNotNull();
                    assertThat(peer.timers.sendKeepalive).isEqualTo(now + 10 * SECOND);
                });
        assertThat(server.device.peers())
                .extracting(peer -> String.valueOf(peer.endpoint()))
                .allMatch(text -> text.endsWith(":7"));
    }

    private void connect(int count) {
        server.device.up(now);
        for (int i = 0; i < count; i++) {
            Host client =
                    new Host(
                            "client" + i,
                            new InetSocketAddress("198.51.100." + i, 1000 + i),
                            PrivateKey.generate(new SeededEntropy(100 + i)),
                            new SeededEntropy(200 + i));
            Peer peer = client.device.addPeer(server.key.publicKey());
            peer.endpoint(SERVER_AT);
            peer.allow(Cidr.parse("0.0.0.0/0"));
            server.device.addPeer(client.key.publicKey()).allow(Cidr.parse(address(i)));
            client.device.up(now);
            clients.add(client);
            toServer.add(peer);
            peer.initiate(now);
            client.poll(now).forEach(d -> server.receive(d.bytes, client.address, now));
            server.poll(now).forEach(d -> client.receive(d.bytes, SERVER_AT, now));
            client.poll(now).forEach(d -> server.receive(d.bytes, client.address, now));
        }
        server.device.endBatch(now);
        server.events();
    }

    private static String address(int client) {
        return "10.0." + client / 256 + "." + client % 256;
    }
}
