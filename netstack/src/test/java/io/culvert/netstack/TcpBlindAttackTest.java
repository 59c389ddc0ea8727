package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * RFC 5961, RFC 7323 5, and what else protects a connection from segments that are not its peer's.
 */
class TcpBlindAttackTest {
    private final TcpScript t = new TcpScript();

    /** Brings a connection with 100 bytes received into a state; the peer's next byte is 101. */
    private void into(TcpState state) {
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(100));
        t.drain();
        switch (state) {
            case FIN_WAIT_1, FIN_WAIT_2, CLOSING -> {
                t.connection().shutdownOutput();
                t.turn();
            }
            default -> {}
        }
        if (state == TcpState.FIN_WAIT_2) {
            t.send(Seg.of("A").seq(101).ack(2));
        }
        if (state == TcpState.CLOSE_WAIT
                || state == TcpState.CLOSING
                || state == TcpState.LAST_ACK) {
            t.send(Seg.of("FA").seq(101).ack(1));
        }
        if (state == TcpState.LAST_ACK) {
            t.connection().shutdownOutput();
            t.turn();
        }
        t.drain();
        t.app.events.clear();
        t.expectState(state);
    }

    private static int next(TcpState state) {
        return switch (state) {
            case CLOSE_WAIT, CLOSING, LAST_ACK -> 102;
            default -> 101;
        };
    }

    @ParameterizedTest
    @EnumSource(
            value = TcpState.class,
            names = {
                "ESTABLISHED",
                "FIN_WAIT_1",
                "FIN_WAIT_2",
                "CLOSE_WAIT",
                "CLOSING",
                "LAST_ACK"
            })
    void resetsOnTheExactNumberOnly(TcpState state) {
        into(state);
        t.send(Seg.of("R").seq(next(state) + 1));
        t.expect("A").hasAck(next(state));
        t.expectNothing().expectState(state);
        t.send(Seg.of("R").seq(next(state) - 50)).expectNothing().expectState(state);
        t.send(Seg.of("R").seq(next(state) + 500_000)).expectNothing().expectState(state);
        t.send(Seg.of("R").seq(next(state))).expectNothing().expectEvents(endOf(state));
        t.close();
    }

    /** RFC 9293, 3.10.7.4: who has only a FIN to be acknowledged isn't told of a reset. */
    private static String endOf(TcpState state) {
        return switch (state) {
            case CLOSING, LAST_ACK -> "closed CLOSED";
            default -> "closed RESET";
        };
    }

    /** macOS ends a program with a FIN and an RST of the same number. */
    @ParameterizedTest
    @EnumSource(
            value = TcpState.class,
            names = {"CLOSE_WAIT", "CLOSING", "LAST_ACK"})
    void acceptsAResetWithTheNumberOfTheFin(TcpState state) {
        into(state);
        t.send(Seg.of("R").seq(100)).expectNothing().expectState(state);
        t.send(Seg.of("R").seq(101)).expectNothing().expectEvents(endOf(state));
        t.close();
    }

    @Test
    void hasNoNumberBelowTheNextWithoutAFin() {
        into(TcpState.ESTABLISHED);
        t.send(Seg.of("R").seq(100)).expectNothing().expectState(TcpState.ESTABLISHED);
    }

    @ParameterizedTest
    @EnumSource(
            value = TcpState.class,
            names = {
                "ESTABLISHED",
                "FIN_WAIT_1",
                "FIN_WAIT_2",
                "CLOSE_WAIT",
                "CLOSING",
                "LAST_ACK"
            })
    void challengesASyn(TcpState state) {
        into(state);
        t.send(Seg.of("S").seq(next(state)).mss(1460));
        t.expect("A").hasAck(next(state));
        t.send(Seg.of("SA").seq(7_000_000).ack(1).mss(1460));
        t.expect("A").hasAck(next(state));
        t.expectNothing().expectState(state);
    }

    @ParameterizedTest
    @EnumSource(
            value = TcpState.class,
            names = {
                "ESTABLISHED",
                "FIN_WAIT_1",
                "FIN_WAIT_2",
                "CLOSE_WAIT",
                "CLOSING",
                "LAST_ACK"
            })
    void answersWhatLiesOutsideTheWindowWithAnAckAndNothingElse(TcpState state) {
        into(state);
        t.send(Seg.of("PA").seq(5_000_000).ack(1).data(10));
        t.expect("A").hasAck(next(state));
        t.send(Seg.of("FA").seq(-400_000).ack(1));
        t.expect("A").hasAck(next(state));
        t.expectNothing().expectState(state);
        assertThat(t.app.bytes).hasSize(100);
    }

    @Test
    void acceptsAResetAtTheEndOfWhatItHasOutOfOrder() {
        t.established();
        t.send(Seg.of("PA").seq(1001).ack(1).data(100));
        t.drain();
        t.send(Seg.of("R").seq(1101)).expectEvents("closed RESET");
    }

    @Test
    void limitsChallengeAcks() {
        t.established();
        for (int i = 0; i < 10_000; i++) {
            t.send(Seg.of("R").seq(50 + i));
        }
        assertThat(t.drain()).hasSize(10);
        t.advanceMillis(1000);
        t.send(Seg.of("R").seq(50));
        t.expect("A");
    }

    @Test
    void dropsDataWhoseAckIsAbsurd() {
        t.established();
        t.send(Seg.of("PA").seq(1).ack(2).data(10));
        t.expect("A").hasAck(1);
        t.send(Seg.of("PA").seq(1).ack(1_000_000_000).data(10));
        t.expect("A").hasAck(1);
        t.send(Seg.of("PA").seq(1).ack(-2_000_000_000).data(10));
        t.expect("A").hasAck(1);
        assertThat(t.app.bytes).isEmpty();
        t.send(Seg.of("PA").seq(1).ack(1).data(10));
        assertThat(t.app.bytes).hasSize(10);
    }

    /** RFC 5961, 5.2: it is discarded, and what it says of the peer's clock with it. */
    @Test
    void keepsTheLastTimestampWhenTheAckIsAbsurd() {
        t.established();
        t.send(Seg.of("A").seq(1).ack(1_000_000_000).ts(t.now() + 1_000_000, 0));
        t.expect("A").hasAck(1);
        t.send(Seg.of("PA").seq(1).ack(1).data(10));
        assertThat(t.app.bytes).hasSize(10);
    }

    @Test
    void acceptsDataWithAnOldAck() {
        t.established();
        t.write(5000);
        t.drain();
        t.send(Seg.of("A").seq(1).ack(5001));
        t.send(Seg.of("PA").seq(1).ack(1001).data(10));
        assertThat(t.app.bytes).hasSize(10);
        assertThat(t.sender().una).isEqualTo(t.sender().next);
    }

    /** Linux: of what we never sent there is no old ACK, however large the peer's window was. */
    @Test
    void dropsAnAckBelowOurFirstByte() {
        t.established();
        t.write(5000);
        t.drain();
        t.send(Seg.of("A").seq(1).ack(5001));
        t.send(Seg.of("PA").seq(1).ack(0).data(10));
        t.expect("A").hasAck(1);
        assertThat(t.app.bytes).isEmpty();
        t.send(Seg.of("PA").seq(1).ack(1).data(10));
        assertThat(t.app.bytes).hasSize(10);
    }

    @Test
    void ignoresASegmentWithoutAck() {
        t.established();
        t.send(Seg.of("P").seq(1).data(10)).expectNothing();
        t.send(Seg.of("").seq(1).data(10)).expectNothing();
        t.send(Seg.of("F").seq(1)).expectNothing();
        assertThat(t.app.bytes).isEmpty();
        t.expectState(TcpState.ESTABLISHED);
    }

    @Test
    void dropsASegmentOlderThanTheLastTimestamp() {
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(10));
        t.drain();
        t.send(Seg.of("PA").seq(11).ack(1).data(10).ts(t.now() - 101, 0));
        t.expect("A").hasAck(11);
        assertThat(t.host.stack.tcp.counters.pawsDropped).isEqualTo(1);
        assertThat(t.app.bytes).hasSize(10);
    }

    /** A repetition overtook it: to drop it would be to lose what the path only reordered. */
    @Test
    void takesASegmentThatIsLittleOlderThanTheLastTimestamp() {
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(10));
        t.drain();
        int newest = t.now();
        t.send(Seg.of("PA").seq(11).ack(1).data(10).ts(newest - 100, 0));
        assertThat(t.expect("A").hasAck(21).echo).isEqualTo(newest);
        assertThat(t.host.stack.tcp.counters.pawsDropped).isZero();
        assertThat(t.app.bytes).hasSize(20);
    }

    /** RFC 2883: what was repeated and then came late as well tells that nothing was lost. */
    @Test
    void reportsADuplicateThatIsOlderThanTheLastTimestamp() {
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(10));
        t.drain();
        t.send(Seg.of("PA").seq(1).ack(1).data(10).ts(t.now() - 101, 0));
        t.expect("A").hasAck(11).hasSack(1, 11);
    }

    @Test
    void believesAnOldTimestampAfter24Days() {
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(10));
        t.drain();
        int old = t.now() - 101;
        t.advanceMillis(24L * 24 * 3600 * 1000 + 1);
        t.send(Seg.of("PA").seq(11).ack(1).data(10).ts(old, t.lastTimestamp));
        assertThat(t.app.bytes).hasSize(20);
    }

    @Test
    void takesAResetWithoutTimestampAndWithAnOldOne() {
        t.established();
        t.send(Seg.of("R").seq(1).ts(t.now() - 100_000, 0)).expectEvents("closed RESET");
    }

    @Test
    void takesTheTimestampOfTheSegmentThatTheLastAckWaitsFor() {
        t.established();
        int first = t.now();
        t.advanceMillis(30);
        t.send(Seg.of("PA").seq(101).ack(1).data(10)); // out of order: not to be echoed
        assertThat(t.expect("A").echo).isEqualTo(first);
        t.advanceMillis(30);
        int filling = t.now();
        t.send(Seg.of("PA").seq(1).ack(1).data(100));
        assertThat(t.expect("A").hasAck(111).echo).isEqualTo(filling);
    }

    @Test
    void dropsDataThatLostItsTimestamp() {
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(10).noTs());
        t.expect("A").hasAck(1);
        assertThat(t.app.bytes).isEmpty();
    }

    @Test
    void dropsABadChecksum() {
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(10).badChecksum()).expectNothing();
        t.send(Seg.of("PA").seq(500).ack(1).data(10).badChecksum()).expectNothing();
        assertThat(t.host.stack.tcp.counters.checksumErrors).isEqualTo(2);
        t.send(Seg.of("PA").seq(1).ack(1).data(11));
        assertThat(t.app.bytes).hasSize(11);
        for (int i = 0; i < 11; i++) {
            assertThat(t.app.bytes[i]).isEqualTo(TransferApp.byteAt(i));
        }
    }

    @Test
    void answersASegmentOfNobodyWithReset() {
        t.send(Seg.of("A").seq(5).ack(700));
        t.expect("R").hasSeq(700);
        t.send(Seg.of("S").seq(5).mss(1460));
        t.expect("RA").hasSeq(-t.isn).hasAck(6);
        t.send(Seg.of("R").seq(5)).expectNothing();
        t.send(Seg.of("RA").seq(5).ack(700)).expectNothing();
    }

    @Test
    void limitsResets() {
        for (int i = 0; i < 5000; i++) {
            t.send(Seg.of("A").seq(5).ack(700));
        }
        assertThat(t.drain()).hasSize(1000);
        assertThat(t.host.stack.tcp.counters.repliesLimited).isEqualTo(4000);
    }

    @Test
    void dropsSynFromImpossibleAddresses() {
        t.listen();
        for (String source : new String[] {"224.0.0.1", "255.255.255.255", "0.0.0.0", t.own}) {
            t.peer = source;
            t.peerPort = t.port;
            t.send(t.syn()).expectNothing();
        }
        t.peer = TcpScript.PEER;
        t.peerPort = 0;
        t.send(t.syn()).expectNothing();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 16, 19})
    void dropsAnImpossibleHeaderLength(int bytes) {
        t.established();
        byte[] segment = new byte[40];
        segment[12] = (byte) ((bytes / 4) << 4);
        t.host.input(PacketBuilder.packet(t.peer, t.own).payload(6, segment));
        segment[12] = (byte) 0xf0;
        t.host.input(PacketBuilder.packet(t.peer, t.own).payload(6, segment));
        t.host.input(PacketBuilder.packet(t.peer, t.own).payload(6, new byte[19]));
        t.turn().expectNothing();
        assertThat(t.host.stack.tcp.counters.headerErrors).isEqualTo(3);
    }

    @Test
    void keepsThePacketSizeOfAnIcmpMessageThatProvesNothing() {
        t.established();
        t.write(5000);
        t.drain();
        int mss = t.sender().mss();
        icmpTooBig(1000, t.isn + 9000);
        assertThat(t.sender().mss()).isEqualTo(mss);
        icmpTooBig(9000, t.isn + 1);
        assertThat(t.sender().mss()).isEqualTo(mss);
        icmpTooBig(68, t.isn + 1);
        assertThat(t.sender().mss()).isEqualTo(552 - 40);
    }

    @Test
    void neverEndsAnEstablishedConnectionByIcmp() {
        t.established();
        t.write(100);
        t.drain();
        for (int code = 0; code < 16; code++) {
            if (code != 4) {
                byte[] quoted = quote(t.isn + 1);
                t.host.input(PacketBuilder.packet(t.peer, t.own).icmp(3, code, 0, quoted));
            }
        }
        t.turn().expectEvents().expectState(TcpState.ESTABLISHED);
    }

    private void icmpTooBig(int mtu, int sequence) {
        t.host.input(PacketBuilder.packet(t.peer, t.own).icmp(3, 4, mtu, quote(sequence)));
        t.turn();
    }

    private byte[] quote(int sequence) {
        return PacketBuilder.packet(t.own, t.peer)
                .tcp(t.port, t.peerPort, sequence, 0, 16, 0, new byte[0], new byte[1200])
                .build();
    }
}
