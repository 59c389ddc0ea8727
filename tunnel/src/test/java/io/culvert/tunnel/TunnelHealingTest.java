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
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a tunnel does to come back, with clocks, a resolver and a socket that the test moves. */
@Tag("HEAL")
@SuppressWarnings("NullAway.Init") // by open()
class TunnelHealingTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int PORT = 51820;
    private static final InetSocketAddress FIRST = address("127.0.0.11", PORT);
    private static final InetSocketAddress SECOND_PLACE = address("127.0.0.12", PORT);

    private final EventLoop loop = new DefaultEventLoop();
    private final SecureRandom random = new SecureRandom();
    private final ChunkPool pool = new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, 1 << 20);
    private final HandClock clock = new HandClock();
    private final Destinations transport = new Destinations();
    private final Queue<Promise<List<InetAddress>>> questions = new ArrayDeque<>();
    private final List<String> told = new ArrayList<>();
    private final PublicKey peer = TunnelPair.newKey().publicKey();
    private TunnelLoop tunnel;
    private int asked;

    @BeforeEach
    void open() throws Exception {
        PrivateKey key = TunnelPair.newKey();
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        NetStack stack =
                new NetStack(
                        NetStackConfig.builder()
                                .addresses(List.of(InetAddress.ofLiteral("10.0.0.1")))
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
        Peer remote = device.addPeer(peer);
        remote.allow(Cidr.parse("10.0.0.0/8"));
        remote.persistentKeepalive(25, clock.now());
        TunnelConfig config =
                TunnelConfig.builder()
                        .privateKey(key)
                        .closeGrace(Duration.ZERO)
                        .endpointResolver(this::resolve)
                        .listener(new Ears())
                        .peer(
                                new TunnelConfig.Peer(
                                        peer,
                                        null,
                                        InetSocketAddress.createUnresolved("vpn.test", PORT),
                                        List.of(Cidr.parse("10.0.0.0/8")),
                                        25))
                        .build();
        tunnel = new TunnelLoop(loop, new TunnelCore(device, stack), transport, clock, config);
        run(tunnel::start);
    }

    @AfterEach
    void close() throws Exception {
        await(onLoop(loop, () -> tunnel.close(0)));
        await(loop.shutdownGracefully(0, 5, TimeUnit.SECONDS));
    }

    private Future<List<InetAddress>> resolve(String host, EventLoop on) {
        assertThat(host).isEqualTo("vpn.test");
        Promise<List<InetAddress>> question = on.newPromise();
        questions.add(question);
        asked++;
        return question;
    }

    @Test
    void waitsForTheAddressOfItsName() throws Exception {
        assertThat(asked).isEqualTo(1);
        assertThat(transport.sent).isEmpty();
        answer(FIRST);
        assertThat(transport.sent).containsExactly(FIRST);
        assertThat(told).containsExactly("resolved [/127.0.0.11:51820]");
        TunnelStats.Resolution resolution = resolution();
        assertThat(resolution.host()).isEqualTo("vpn.test");
        assertThat(resolution.addresses()).containsExactly(FIRST);
        assertThat(resolution.resolved()).isNotNull();
        assertThat(resolution.problem()).isNull();
    }

    @Test
    void asksAgainWhereTheNameHasNoAddress() throws Exception {
        fail();
        assertThat(told).singleElement().asString().contains("vpn.test could not be resolved");
        assertThat(resolution().problem()).contains("no such host");
        until(() -> asked == 2);
        answer(FIRST);
        assertThat(transport.sent).containsExactly(FIRST);
        assertThat(resolution().problem()).isNull();
    }

    @Test
    void asksForTheNameWhenThePeerDoesNotAnswerAndGoesWhereItIsNow() throws Exception {
        answer(FIRST);
        pass(6 * SECOND);
        assertThat(asked).isEqualTo(2);
        transport.sent.clear();
        answer(SECOND_PLACE);
        assertThat(transport.sent).containsExactly(SECOND_PLACE);
    }

    @Test
    void staysWhereItWasWhenTheNameCannotBeResolvedAgain() throws Exception {
        answer(FIRST);
        pass(6 * SECOND);
        fail();
        transport.sent.clear();
        pass(6 * SECOND);
        assertThat(transport.sent).containsExactly(FIRST);
        assertThat(resolution().addresses()).containsExactly(FIRST);
    }

    @Test
    void triesTheAddressesOfANameInTurn() throws Exception {
        answer(FIRST, SECOND_PLACE);
        pass(6 * SECOND);
        pass(6 * SECOND);
        assertThat(transport.sent).containsExactly(FIRST, SECOND_PLACE, FIRST);
    }

    @Test
    void anAddressThatIsToldEndsTheAskingForTheName() throws Exception {
        run(() -> tunnel.names().set(peer, SECOND_PLACE));
        answer(FIRST);
        pass(6 * SECOND);
        pass(12 * SECOND);
        assertThat(transport.sent).isNotEmpty().containsOnly(SECOND_PLACE);
        assertThat(asked).isEqualTo(1);
    }

    @Test
    void takesANewSocketWhenNobodyAnswers() throws Exception {
        answer(FIRST);
        pass(6 * SECOND);
        assertThat(transport.rebinds).isEmpty();
        pass(6 * SECOND);
        assertThat(transport.rebinds).containsExactly(0);
        assertThat(told).contains("rebound");
        assertThat(onLoop(loop, () -> tunnel.healing().stats()).rebinds()).isEqualTo(1);
        pass(6 * SECOND);
        assertThat(transport.rebinds).hasSize(1);
    }

    @Test
    void keepsThePortThatWasAskedForWhenItTakesANewSocket() throws Exception {
        run(() -> {
            try {
                tunnel.listenPort(4711);
            } catch (BindException e) {
                throw new IllegalStateException(e);
            }
        });
        answer(FIRST);
        pass(6 * SECOND);
        pass(6 * SECOND);
        assertThat(transport.rebinds).containsExactly(4711, 4711);
    }

    @Test
    @Tag("A12.9")
    void asksForANewSessionAtOnceWhenTheMachineWakesUp() throws Exception {
        answer(FIRST);
        transport.sent.clear();
        clock.asleep.addAndGet(3600 * SECOND);
        pass(3600 * SECOND);
        assertThat(transport.sent).isNotEmpty().containsOnly(FIRST);
        assertThat(told).contains("resumed PT1H");
        TunnelStats.Healing healing = onLoop(loop, () -> tunnel.healing().stats());
        assertThat(healing.resumes()).isEqualTo(1);
        assertThat(healing.lastResume()).isNotNull();
    }

    @Test
    void aLongPauseWithoutSleepIsNoResume() throws Exception {
        answer(FIRST);
        pass(100 * SECOND);
        assertThat(onLoop(loop, () -> tunnel.healing().stats()).resumes()).isZero();
    }

    @Test
    void aClosedTunnelAsksNobody() throws Exception {
        fail();
        await(onLoop(loop, () -> tunnel.close(0)));
        run(() -> tunnel.names().resolve(peer));
        assertThat(asked).isEqualTo(1);
    }

    private TunnelStats.Resolution resolution() throws Exception {
        return onLoop(
                loop,
                () -> {
                    Peer remote = tunnel.device().peer(peer);
                    return remote == null ? null : tunnel.names().resolution(remote);
                });
    }

    private void answer(InetSocketAddress... addresses) throws Exception {
        List<InetAddress> found = new ArrayList<>();
        for (InetSocketAddress a : addresses) {
            found.add(a.getAddress());
        }
        run(() -> questions.remove().setSuccess(found));
    }

    private void fail() throws Exception {
        run(() -> questions.remove().setFailure(new UnknownHostException("no such host")));
    }

    /** Lets time pass at once, and the tunnel notice. */
    private void pass(long nanos) throws Exception {
        clock.now.addAndGet(nanos);
        run(tunnel::wake);
    }

    private void run(Runnable task) throws Exception {
        onLoop(
                loop,
                () -> {
                    task.run();
                    return null;
                });
        onLoop(loop, () -> null);
        onLoop(loop, () -> null);
    }

    private void until(BooleanSupplier condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!onLoop(loop, condition::getAsBoolean) && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(onLoop(loop, condition::getAsBoolean)).isTrue();
    }

    private final class Ears implements TunnelListener {
        @Override
        public void endpointResolved(PublicKey of, List<InetSocketAddress> addresses) {
            told.add("resolved " + addresses);
        }

        @Override
        public void endpointUnresolved(PublicKey of, String reason) {
            told.add(reason);
        }

        @Override
        public void rebound(InetSocketAddress local) {
            told.add("rebound");
        }

        @Override
        public void resumed(Duration slept) {
            told.add("resumed " + slept);
        }
    }

    private static final class HandClock extends MonotonicClock {
        final AtomicLong now = new AtomicLong();
        final AtomicLong asleep = new AtomicLong();

        @Override
        long now() {
            return now.get();
        }

        @Override
        long asleep() {
            return asleep.get();
        }

        @Override
        long leastSleep() {
            return SECOND;
        }
    }

    /** Sends nothing, and remembers where to. */
    private static final class Destinations implements UdpTransport {
        final List<InetSocketAddress> sent = new ArrayList<>();
        final List<Integer> rebinds = new ArrayList<>();

        @Override
        public void start(Receiver receiver) {}

        @Override
        public boolean send(TrainBatch batch) {
            for (int train = 0; train < batch.size(); train++) {
                sent.add(batch.destination(train));
            }
            batch.clear();
            return true;
        }

        @Override
        public void rebind(int port) {
            rebinds.add(port);
        }

        @Override
        public int fwmark() {
            return 0;
        }

        @Override
        public void fwmark(int mark) {}

        @Override
        public InetSocketAddress local() {
            return address("127.0.0.1", 1);
        }

        @Override
        public String description() {
            return "remembered";
        }

        @Override
        public void close() {}
    }
}
