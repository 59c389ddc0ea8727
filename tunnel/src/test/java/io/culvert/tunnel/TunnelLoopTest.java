package io.culvert.tunnel;

import static io.culvert.tunnel.TunnelPair.PATIENCE_SECONDS;
import static io.culvert.tunnel.TunnelPair.address;
import static io.culvert.tunnel.TunnelPair.await;
import static io.culvert.tunnel.TunnelPair.onLoop;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.ChunkPool;
import io.culvert.netstack.NetStack;
import io.culvert.netstack.NetStackConfig;
import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Drop;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PrivateKey;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop over a transport that is watched, and full when the test wants it to be. */
@SuppressWarnings("NullAway.Init") // by open()
class TunnelLoopTest {
    private static final InetSocketAddress CLIENT = address("192.0.2.1", 1001);
    private static final InetSocketAddress SERVER = address("192.0.2.2", 1002);
    private static final int PORT = 7;
    private static final long BYTES = 4 << 20;

    private final EventLoop loop = new DefaultEventLoop();
    private final SecureRandom random = new SecureRandom();
    private final ChunkPool pool = new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, 64 << 20);
    private WireTransport clientWire;
    private WireTransport serverWire;
    private TunnelLoop client;
    private TunnelLoop server;

    @AfterEach
    void stop() throws Exception {
        await(onLoop(loop, () -> client.close(0)));
        await(onLoop(loop, () -> server.close(0)));
        assertThat(onLoop(loop, pool::inUse)).isZero();
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1000, 7, 2})
    void nothingBuiltIsLostHoweverOftenTheSocketIsFull(int refuseEvery) throws Exception {
        open(refuseEvery);

        transfer();

        awaitEverythingArrived(client, server);
        awaitEverythingArrived(server, client);
        if (refuseEvery > 0 && refuseEvery < 100) {
            assertThat(clientWire.refused).isPositive();
        }
    }

    @Test
    void bulkLeavesInTrains() throws Exception {
        open(0);

        transfer();

        long datagrams =
                onLoop(
                        loop,
                        () ->
                                clientWire.sent.stream()
                                        .mapToLong(t ->
                                                (t.length() + t.segmentSize() - 1)
                                                        / t.segmentSize())
                                        .sum());
        assertThat(datagrams).isGreaterThan(BYTES / 1420);
        assertThat(clientWire.sent.size()).isLessThan((int) (datagrams / 10));
    }

    /**
     * Every packet that was encrypted is decrypted at the other end, once what is under way came.
     */
    private void awaitEverythingArrived(TunnelLoop from, TunnelLoop to) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        long missing;
        do {
            missing =
                    onLoop(
                            loop,
                            () ->
                                    from.device().counters().packetsSent()
                                            - to.device().counters().packetsReceived());
        } while (missing != 0 && System.nanoTime() < deadline);
        assertThat(missing).as("packets that never arrived").isZero();
        assertThat(onLoop(loop, () -> to.device().counters().dropped())).isZero();
    }

    @Test
    void saysWhetherABatchWasWorthReading() throws Exception {
        open(0);
        transfer();
        assertThat(clientWire.rubbish + serverWire.rubbish).isZero();
        MemorySegment junk = Arena.ofAuto().allocate(2 * 148);
        junk.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        junk.set(ValueLayout.JAVA_BYTE, 148, (byte) 1); // initiations without a mac1
        assertThat(
                        onLoop(
                                loop,
                                () -> {
                                    server.datagrams(junk, 0, 2 * 148, 148, CLIENT, 0);
                                    return server.readComplete(true);
                                }))
                .isFalse();
        assertThat(onLoop(loop, () -> server.device().counters().dropped(Drop.INVALID_MAC1)))
                .isEqualTo(2);
    }

    private void transfer() throws Exception {
        StreamSource source = new StreamSource(BYTES, 1);
        StreamSink sink = new StreamSink();
        TunnelServerChannel listening = new TunnelServerChannel(server, Handlers.halfClosing(sink));
        await(loop.register(listening));
        await(listening.bind(WildcardAddress.IPV4.port(PORT)));
        TunnelTcpChannel channel = new TunnelTcpChannel(client);
        channel.pipeline().addLast(source);
        await(loop.register(channel));
        await(channel.connect(address("10.0.0.2", PORT)));
        byte[] sent = source.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(sink.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(sent);
    }

    private void open(int refuseEvery) throws Exception {
        PrivateKey clientKey = TunnelPair.newKey();
        PrivateKey serverKey = TunnelPair.newKey();
        clientWire = new WireTransport(loop, CLIENT, refuseEvery);
        serverWire = new WireTransport(loop, SERVER, refuseEvery);
        clientWire.connect(serverWire);
        client = tunnel(clientKey, "10.0.0.1", clientWire, serverKey, "10.0.0.2", SERVER);
        server = tunnel(serverKey, "10.0.0.2", serverWire, clientKey, "10.0.0.1", CLIENT);
        onLoop(
                loop,
                () -> {
                    client.start();
                    server.start();
                    return null;
                });
    }

    private TunnelLoop tunnel(
            PrivateKey key,
            String address,
            UdpTransport transport,
            PrivateKey peerKey,
            String peerAddress,
            InetSocketAddress endpoint) {
        MonotonicClock clock = MonotonicClock.best(false);
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        NetStack stack =
                new NetStack(
                        NetStackConfig.builder()
                                .addresses(List.of(InetAddress.ofLiteral(address)))
                                .secret(secret)
                                .pool(pool)
                                .build());
        Device device =
                new Device(
                        (out, offset, length) -> {
                            byte[] bytes = new byte[length];
                            random.nextBytes(bytes);
                            System.arraycopy(bytes, 0, out, offset, length);
                        },
                        TunnelConfig.DEFAULT_MTU);
        device.privateKey(key, clock.now());
        Peer peer = device.addPeer(peerKey.publicKey());
        peer.endpoint(endpoint);
        peer.allow(Cidr.parse(peerAddress));
        TunnelConfig config =
                TunnelConfig.builder().privateKey(key).closeGrace(Duration.ZERO).build();
        return new TunnelLoop(loop, new TunnelCore(device, stack), transport, clock, config);
    }
}
