package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PrivateKey;
import io.netty.channel.DefaultEventLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where handshakes are computed, and that all of them come to an end. */
class HandshakeDeskTest {
    private static final int MANY = 40;
    private static final int THREADS = 1;
    private static final InetSocketAddress AT = new InetSocketAddress("192.0.2.1", 51820);

    private final Random random = new Random(1);
    private final MemorySegment memory = Arena.ofAuto().allocate(2_048);
    private final DefaultEventLoop loop = new DefaultEventLoop();
    private final MonotonicClock clock = MonotonicClock.best(false);
    private final long now = clock.now();
    private final PrivateKey key = TunnelPair.newKey();
    private final Device server = device(key);
    private final ArrayDeque<Runnable> pool = new ArrayDeque<>();
    private final List<Device> clients = new ArrayList<>();
    private final AtomicInteger wakes = new AtomicInteger();
    private final HandshakeDesk desk =
            new HandshakeDesk(server, loop, clock, pool::add, THREADS, wakes::incrementAndGet);

    @AfterEach
    void end() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    @Test
    void aFewAreAnsweredAtOnce() {
        initiate(3);
        assertThat(desk.serve(now)).isFalse();
        assertThat(pool).isEmpty();
        assertThat(responses()).isEqualTo(3);
    }

    @Test
    void manyAreLentAndTheLoopTakesPart() throws Exception {
        initiate(MANY);
        assertThat(desk.serve(now)).isTrue();
        assertThat(pool).hasSize(2 * THREADS);
        while (server.handshakesWaiting() > 0 || !pool.isEmpty()) {
            if (!pool.isEmpty()) {
                runOnAnotherThread();
            }
            desk.serve(now);
        }
        assertThat(server.counters().initiationsReceived()).isEqualTo(MANY);
        assertThat(responses()).isEqualTo(MANY);
        assertThat(server.counters().dropped()).isZero();
        assertThat(wakes.get()).isPositive();
    }

    @Test
    void whileDataMovesTheLoopDoesLittle() throws Exception {
        connectAndMoveData();
        initiate(MANY);
        long later = clock.now();
        sealData(later);
        assertThat(desk.serve(later)).isFalse();
        int lent = 2 * THREADS * 16;
        assertThat(pool).hasSize(2 * THREADS);
        // of what wasn't lent the loop computed the first step of two, which wait for the second
        assertThat(server.handshakesWaiting()).isEqualTo(MANY - lent);
        sealData(later);
        assertThat(desk.serve(later)).isFalse();
        assertThat(server.handshakesWaiting()).isEqualTo(MANY - lent);
        assertThat(server.counters().initiationsReceived()).isOne();
        runOnAnotherThread();
        runOnAnotherThread();
        assertThat(wakes.get()).isPositive();
        sealData(later);
        desk.serve(later);
        assertThat(pool).isEmpty(); // it had its share
    }

    @Test
    void whatTheSharesLeaveWaitingIsLookedAtAgain() throws Exception {
        connectAndMoveData();
        initiate(MANY);
        long later = clock.now();
        sealData(later);
        desk.serve(later);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TunnelPair.PATIENCE_SECONDS);
        while (wakes.get() == 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(wakes.get()).isPositive();
    }

    @Test
    void whatReturnsToALoopThatEndedIsForgotten() throws Exception {
        initiate(MANY);
        desk.serve(now);
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).await();
        Thread thread = Thread.ofPlatform().start(pool.remove());
        thread.join();
        assertThat(wakes.get()).isZero();
    }

    private void runOnAnotherThread() throws InterruptedException {
        Thread.ofPlatform().start(pool.remove()).join();
        loop.submit(() -> {}).await(TunnelPair.PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private void connectAndMoveData() {
        initiate(1);
        desk.serve(now);
        Device client = clients.getFirst();
        int response = server.pollTransmit(memory, 0, 2_048, now);
        client.receive(memory, 0, response, AT, now);
        int confirmation = client.pollTransmit(memory, 0, 2_048, now);
        server.receive(memory, 0, confirmation, AT, now);
        server.endBatch(now);
        assertThat(server.route(InetAddress.ofLiteral("10.0.0.0"))).isNotNull();
    }

    private void sealData(long at) {
        memory.fill((byte) 0);
        memory.set(ValueLayout.JAVA_BYTE, Device.HEADER, (byte) 0x45);
        memory.set(ValueLayout.JAVA_BYTE, Device.HEADER + 3, (byte) 20);
        memory.set(ValueLayout.JAVA_BYTE, Device.HEADER + 16, (byte) 10);
        assertThat(server.seal(memory, 0, 20, at)).isPositive();
    }

    private int responses() {
        int count = 0;
        while (server.pollTransmit(memory, 0, 2_048, now) > 0) {
            count++;
        }
        return count;
    }

    /** Initiations of clients that the server has not seen yet arrive. */
    private void initiate(int count) {
        for (int i = 0; i < count; i++) {
            PrivateKey clientKey = TunnelPair.newKey();
            Device client = device(clientKey);
            Peer toServer = client.addPeer(key.publicKey());
            toServer.endpoint(AT);
            server.addPeer(clientKey.publicKey()).allow(Cidr.parse("10.0.0." + clients.size()));
            toServer.initiate(now);
            int length = client.pollTransmit(memory, 0, 2_048, now);
            server.receive(memory, 0, length, AT, now);
            clients.add(client);
        }
    }

    private Device device(PrivateKey own) {
        Device device =
                new Device(
                        (out, offset, length) -> {
                            byte[] bytes = new byte[length];
                            random.nextBytes(bytes);
                            System.arraycopy(bytes, 0, out, offset, length);
                        },
                        1420);
        device.privateKey(own, now);
        device.up(now);
        return device;
    }
}
