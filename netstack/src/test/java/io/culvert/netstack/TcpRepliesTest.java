package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Segments of no connection: what they say, in which order they leave, how many there may be. */
class TcpRepliesTest {
    private static final long OWN = IpAddress.v4(0x0a000002);
    private static final long PEER = IpAddress.v4(0x0a000001);

    private final TcpCounters counters = new TcpCounters();
    private final TcpReplies replies = new TcpReplies(counters, 61);
    private final MemorySegment out = Arena.ofAuto().allocate(1500);

    private static TcpFlow flow(int port) {
        return new TcpAddresses(0, OWN, 0, PEER, 80 << 16 | port, 0);
    }

    private PacketView pull() {
        int n = replies.pull(out, 3);
        assertThat(n).isPositive();
        return new PacketView(out.asSlice(3, n).toArray(ValueLayout.JAVA_BYTE));
    }

    private Seg next() {
        return Seg.parse(pull(), 0, 0, 0);
    }

    @Test
    void leaveInTheirOrderHoweverManyWait() {
        int added = 0;
        int pulled = 0;
        for (int round = 0; round < 30; round++) {
            for (int i = 0; i < 37; i++) {
                added++;
                replies.acknowledge(flow(added), added, -added, added % 5, true, 3 * added, 7);
            }
            for (int i = 0; i < 20; i++) {
                pulled++;
                PacketView p = pull();
                assertThat(p.src).isEqualTo(Host.OWN4);
                assertThat(p.dst).isEqualTo(Host.PEER4);
                assertThat(p.hopLimit).isEqualTo(61);
                assertThat(p.sourcePort()).isEqualTo(80);
                assertThat(p.destinationPort()).isEqualTo(pulled);
                Seg s = Seg.parse(p, 0, 0, 0);
                s.hasFlags("A").hasSeq(pulled).hasAck(-pulled).hasWindow(pulled % 5);
                assertThat(s.timestamp).isEqualTo(3 * pulled);
                assertThat(s.echo).isEqualTo(7);
            }
        }
        while (!replies.isEmpty()) {
            next().hasSeq(++pulled);
        }
        assertThat(pulled).isEqualTo(added);
        assertThat(replies.pull(out, 0)).isZero();
        assertThat(counters.resetsSent).isZero();
    }

    @Test
    void whatOneSaidIsNotSaidByTheNextInItsPlace() {
        for (int i = 0; i < 64; i++) {
            replies.acknowledge(flow(1), 1, 2, 3, true, 4, 5);
            next();
        }
        for (int i = 0; i < 64; i++) {
            replies.acknowledge(flow(1), 1, 2, 3, false, 4, 5);
            assertThat(next().hasTimestamp).isFalse();
        }
    }

    @Test
    void noMoreThanSixtyFiveThousandWait() {
        for (int i = 0; i < 65_536; i++) {
            replies.reset(flow(i), i, 0, false);
        }
        assertThat(counters.repliesLimited).isZero();
        replies.reset(flow(1), 1, 0, false);
        replies.acknowledge(flow(1), 1, 2, 3, true, 4, 5);
        assertThat(counters.repliesLimited).isEqualTo(2);
        for (int i = 0; i < 65_536; i++) {
            next().hasFlags("R").hasSeq(i);
        }
        assertThat(replies.isEmpty()).isTrue();
        assertThat(counters.resetsSent).isEqualTo(65_536);
    }

    @Test
    void theResetOfAFlowAcknowledgesIfItIsTold() {
        replies.reset(flow(9), 5, 6, true);
        replies.reset(flow(9), 7, 8, false);
        next().hasFlags("RA").hasSeq(5).hasAck(6).hasWindow(0);
        next().hasFlags("R").hasSeq(7);
    }

    private static final class Syn extends TcpSyn {
        Syn(TcpFlow addresses, TcpSegment s) {
            super(addresses, s, 0);
        }

        @Override
        void deliver() {}
    }

    @ParameterizedTest
    @CsvSource({"true, true, 7", "true, false, 0", "false, true, 14", "false, false, -1"})
    void aSynAckThatNobodyRemembersSaysWhatWasAgreed(boolean timed, boolean sack, int scale) {
        TcpSegment s = new TcpSegment();
        s.sequence = 100;
        s.hasTimestamp = timed;
        s.timestamp = 77;
        replies.synAck(new Syn(flow(9), s), 5, 65535, 1380, sack, scale, 88);
        Seg answer = next().hasFlags("SA").hasSeq(5).hasAck(101).hasWindow(65535);
        assertThat(answer.mss).isEqualTo(1380);
        assertThat(answer.sackPermitted).isEqualTo(sack);
        assertThat(answer.windowScale).isEqualTo(scale);
        assertThat(answer.hasTimestamp).isEqualTo(timed);
        assertThat(answer.timestamp).isEqualTo(timed ? 88 : 0);
        assertThat(answer.echo).isEqualTo(timed ? 77 : 0);
    }

    // Segments of nobody

    private final TcpScript t = new TcpScript();

    @ParameterizedTest
    @CsvSource({"S, 0, 1", "S, 5, 6"})
    void aSynForNobodyIsResetBehindItsEnd(String flags, int length, int end) {
        t.send(Seg.of(flags).seq(1000).data(length));
        t.expect("RA").hasAck(1000 + end).hasWindow(0);
    }

    @Test
    void oneWithAckIsResetWhereItAcknowledges() {
        t.send(Seg.of("PA").seq(1000).ack(4711).data(9));
        assertThat(t.expect("R").seq).isEqualTo(4711);
        t.send(Seg.of("R").seq(1000));
        t.send(Seg.of("RA").seq(1000).ack(4711));
        t.expectNothing();
    }

    @Test
    void thereAreAThousandResetsASecondAtMost() {
        int sent = 0;
        t.advanceMillis(1000 - t.host.now / Host.MILLI % 1000);
        for (int i = 0; i < 1200; i++) {
            t.send(Seg.of("PA").seq(1).ack(2).data(1));
            sent += t.drain().size();
        }
        assertThat(sent).isEqualTo(1000);
        assertThat(t.host.stack.tcp.counters.repliesLimited).isEqualTo(200);
        t.advanceMillis(999);
        t.send(Seg.of("PA").seq(1).ack(2).data(1)).expectNothing();
        t.advanceMillis(1);
        t.send(Seg.of("PA").seq(1).ack(2).data(1));
        t.expect("R");
    }

    @Test
    void noMoreThan512OfThemWait() {
        byte[] stray =
                PacketBuilder.packet(Host.PEER4, Host.OWN4)
                        .tcp(1, 2, 3, 4, PacketBuilder.ACK, 0, new byte[0], new byte[0])
                        .build();
        for (int i = 0; i < 600; i++) {
            t.host.input(stray);
        }
        assertThat(t.host.turn()).hasSize(512);
        assertThat(t.host.stack.tcp.counters.repliesLimited).isEqualTo(88);
        assertThat(t.host.stack.tcp.counters.resetsSent).isEqualTo(512);
    }
}
