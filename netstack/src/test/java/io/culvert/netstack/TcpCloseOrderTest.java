package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who closes first, with and without data under way, with and without loss (e4.78). */
class TcpCloseOrderTest {
    private static final long SECOND = TwoStacks.SECOND;
    private static final int SEEDS = 5;

    enum Order {
        DIALER_FIRST,
        LISTENER_FIRST,
        AT_ONCE
    }

    static List<Arguments> matrix() {
        List<Arguments> all = new ArrayList<>();
        for (Order order : Order.values()) {
            for (int bytes : new int[] {0, 300_000}) {
                for (double loss : new double[] {0, 0.1}) {
                    all.add(Arguments.of(order, bytes, loss));
                }
            }
        }
        return all;
    }

    /** The last ACK is lost again and again until the peer's TIME-WAIT is over. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aResetInAnswerToTheLastFinIsAnEndInOrder(boolean atOnce) {
        TcpScript t = new TcpScript();
        t.established();
        if (atOnce) {
            t.connection().close();
            t.turn();
        }
        t.send(Seg.of("FA").seq(1).ack(1));
        t.connection().close();
        t.turn().expectState(atOnce ? TcpState.CLOSING : TcpState.LAST_ACK);
        t.drain();
        t.app.events.clear();
        t.send(Seg.of("R").seq(2));
        t.expectEvents("closed CLOSED").expectNothing();
        t.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aResetBeforeTheLastDataIsAcknowledgedIsNone(boolean atOnce) {
        TcpScript t = new TcpScript();
        t.established();
        t.write(1000);
        if (atOnce) {
            t.connection().close();
            t.turn();
        }
        t.send(Seg.of("FA").seq(1).ack(1));
        t.connection().close();
        t.turn().expectState(atOnce ? TcpState.CLOSING : TcpState.LAST_ACK);
        t.drain();
        t.app.events.clear();
        t.send(Seg.of("R").seq(2));
        t.expectEvents("closed RESET");
        t.close();
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void endsInOrderWhoeverClosesFirst(Order order, int bytes, double loss) {
        for (int seed = 1; seed <= SEEDS; seed++) {
            TwoStacks net = new TwoStacks(seed, 1420, LinkConditions.clean(20));
            TransferApp dialer = app(bytes, seed);
            TransferApp listener = app(bytes, seed + 100);
            net.b.listen(null, 80, c -> listener);
            net.a.connect(Host.address("10.0.0.2", 80), dialer);
            net.runUntil(() -> dialer.connected && listener.connected, SECOND);
            net.conditions = net.conditions.withLoss(loss);
            TransferApp first = order == Order.LISTENER_FIRST ? listener : dialer;
            TransferApp second = order == Order.LISTENER_FIRST ? dialer : listener;
            close(first);
            if (order != Order.AT_ONCE) {
                net.runUntil(() -> second.ended, 300 * SECOND);
                assertThat(Objects.requireNonNull(second.connection).state())
                        .isEqualTo(TcpState.CLOSE_WAIT);
                assertThat(first.cause).as("half closed").isNull();
            }
            int[] rests = new int[2];
            net.inspector =
                    () -> {
                        rests[0] = Math.max(rests[0], net.a.tcp.timeWaits.count());
                        rests[1] = Math.max(rests[1], net.b.tcp.timeWaits.count());
                    };
            close(second);
            net.runUntil(() -> first.cause != null && second.cause != null, 300 * SECOND);
            assertThat(first.cause).isEqualTo(CloseCause.CLOSED);
            assertThat(second.cause).isEqualTo(CloseCause.CLOSED);
            assertThat(first.receivedBytes).isEqualTo(bytes);
            assertThat(second.receivedBytes).isEqualTo(bytes);
            assertThat(first.ended && second.ended).as("the end of both streams").isTrue();
            // RFC 9293, 3.6: who closes first waits, and both when neither heard of the other,
            // unless a FIN had to wait behind data that was lost.
            boolean either = order == Order.AT_ONCE && bytes > 0 && loss > 0;
            if (either) {
                assertThat(rests[0] + rests[1]).isPositive();
            } else {
                assertThat(rests[0]).isEqualTo(order == Order.LISTENER_FIRST ? 0 : 1);
                assertThat(rests[1]).isEqualTo(order == Order.DIALER_FIRST ? 0 : 1);
            }
            net.assertNothingLeft();
        }
    }

    private static TransferApp app(int bytes, int seed) {
        TransferApp app = new TransferApp(bytes, seed);
        app.finishes = false;
        return app;
    }

    /** From now on it ends its stream when all is written; the rest of it is under way. */
    private static void close(TransferApp app) {
        app.finishes = true;
        app.send(Objects.requireNonNull(app.connection));
    }
}
