package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a connection tries and waits, and what its application hears of the end. */
class TcpEndTest {
    private final TcpScript t = new TcpScript();

    // User timeout (e4.86)

    @Test
    void aUserTimeoutMayBeShorterThanTheFirstTimeout() {
        t.established();
        t.connection().userTimeout(100 * Host.MILLI);
        t.write(100);
        long start = t.expect("PA").at;
        t.advanceMillis(99).expectEvents();
        t.advanceMillis(2).expectEvents("closed TIMEOUT");
        Seg last = t.drain().getLast();
        assertThat(last.hasFlags("RA").at - start).isEqualTo(100 * Host.MILLI);
        t.close();
    }

    /** RFC 9293, MUST-21: the application sets R2, also to more than we would try. */
    @Test
    void aUserTimeoutMayBeLongerThanAllRetransmissions() {
        t.established();
        t.connection().userTimeout(7200 * Host.SECOND);
        t.write(100);
        t.advanceMillis(7_199_000).expectEvents().expectState(TcpState.ESTABLISHED);
        List<Seg> sent = t.drain();
        assertThat(sent).hasSizeBetween(60, 75).allMatch(s -> s.seq == 1);
        long distance = sent.getLast().at - sent.get(sent.size() - 2).at;
        assertThat(distance).isEqualTo(120 * Host.SECOND);
        t.advanceMillis(2_000).expectEvents("closed TIMEOUT");
        t.close();
    }

    @Test
    void aUserTimeoutBeginsAnewWithEachProgress() {
        t.established();
        t.connection().userTimeout(5 * Host.SECOND);
        for (int i = 0; i < 5; i++) {
            t.write(100);
            t.advanceMillis(4_000);
            t.send(Seg.of("A").seq(1).ack(101 + 100 * i)).expectEvents();
        }
        t.drain();
        t.advanceMillis(60_000).expectEvents().expectState(TcpState.ESTABLISHED);
        t.close();
    }

    @Test
    void withoutAUserTimeoutItGivesUpAfterItsRetransmissions() {
        t.established();
        t.connection().userTimeout(7200 * Host.SECOND);
        t.connection().userTimeout(0);
        t.write(100);
        t.advanceMillis(1_200_000).expectEvents("closed TIMEOUT");
        t.close();
    }

    // Linger (e4.87)

    @Test
    void lingerOfZeroDropsWhatIsUnsentAndResets() {
        t.established(Seg.of("S").mss(1460));
        t.write(200_000);
        int sent = t.drain().getLast().end();
        t.connection().abort();
        t.turn();
        t.expect("RA").hasSeq(sent);
        t.expectNothing().expectEvents("closed ABORTED");
        assertThat(t.app.leases).isZero();
        t.close();
    }

    /** What a linger of n seconds waits for is the end that the handler hears of. */
    @Test
    void aClosedConnectionEndsWhenEverythingIsAcknowledged() {
        t.established();
        t.write(1000);
        t.connection().close();
        t.turn().expectEvents();
        t.expect("PA").hasLength(1000);
        t.expect("FA").hasSeq(1001);
        t.send(Seg.of("A").seq(1).ack(1001)).expectEvents();
        assertThat(t.app.leases).as("the data is acknowledged").isZero();
        t.send(Seg.of("FA").seq(1).ack(1002));
        t.expect("A").hasAck(2);
        t.expectEvents("closed CLOSED");
        t.close();
    }

    @Test
    void aUserTimeoutBoundsTheWaitOfAClosedConnection() {
        t.established();
        t.connection().userTimeout(3 * Host.SECOND);
        t.write(1000);
        t.connection().close();
        t.turn();
        t.advanceMillis(2_900).expectEvents();
        t.drain();
        t.advanceMillis(200).expectEvents("closed TIMEOUT");
        assertThat(t.drain().getLast().is("RA")).isTrue();
        assertThat(t.app.leases).isZero();
        t.close();
    }

    // What everybody hears who waits (e4.88, C14)

    /** A reader waits for data, a writer for space. */
    private void waiting() {
        t.established(Seg.of("S").mss(1460));
        while (t.connection().sendSpace() > 0) {
            t.write(100_000);
        }
        t.drain();
        t.app.events.clear();
        assertThat(t.app.leases).isPositive();
        assertThat(t.connection().available()).isZero();
    }

    private void end(CloseCause cause) {
        switch (cause) {
            case RESET -> t.send(Seg.of("R").seq(1));
            case TIMEOUT -> {
                t.connection().userTimeout(Host.SECOND);
                t.advanceMillis(1_001);
            }
            case ABORTED -> {
                t.connection().abort();
                t.turn();
            }
            default -> throw new IllegalArgumentException(cause + " has a test of its own");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"RESET", "TIMEOUT", "ABORTED"})
    void readerAndWriterHearTheSameCauseOnce(CloseCause cause) {
        waiting();
        end(cause);
        t.expectEvents("closed " + cause);
        TcpConnection c = t.connection();
        assertThat(t.app.leases).as("what the writer lent is back").isZero();
        assertThat(c.sendSpace()).isZero();
        assertThat(c.read(new Received())).isFalse();
        assertThat(c.endOfStream()).as("it was no orderly end").isFalse();
        t.app.leases++;
        c.write(MemorySegment.ofArray(new byte[10]), 0, 10, () -> t.app.leases--);
        assertThat(t.app.leases).as("written too late: released at once").isZero();
        c.abort();
        c.close();
        t.drain();
        t.turn().expectEvents().expectNothing();
        assertThat(t.host.stack.liveFlows()).isZero();
        t.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDialThatIsGivenUpIsHeardOfOnce(boolean abort) {
        t.connect();
        t.write(1000);
        t.drain();
        if (abort) {
            t.connection().abort();
        } else {
            t.connection().close();
        }
        t.turn().expectEvents("closed " + (abort ? "ABORTED" : "CLOSED"));
        assertThat(t.app.leases).isZero();
        t.drain();
        t.timestamps = true;
        t.send(Seg.of("SA").ack(1).mss(1460).ts(t.now(), 0)).expectEvents();
        t.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"REFUSED", "UNREACHABLE", "TIMEOUT"})
    void aDialHearsWhyItFailed(CloseCause cause) {
        t.connect();
        t.write(1000);
        t.expect("S");
        switch (cause) {
            case REFUSED -> t.send(Seg.of("RA").seq(1).ack(1));
            case UNREACHABLE -> icmp(1);
            default -> t.advanceMillis(130_000);
        }
        t.expectEvents("closed " + cause);
        assertThat(t.app.leases).isZero();
        assertThat(t.host.stack.liveFlows()).isZero();
        t.close();
    }

    @Test
    void whatIsAcceptedLaterHearsThatTheStackClosed() {
        t.listen();
        t.timestamps = true;
        t.send(t.syn());
        t.drain();
        t.host.input(
                PacketBuilder.packet(t.peer, t.own)
                        .tcp(
                                t.peerPort,
                                t.port,
                                TcpScript.PEER_ISN + 1,
                                t.isn + 1,
                                PacketBuilder.ACK,
                                1000,
                                Seg.of("A").ts(t.now(), t.lastTimestamp).optionBytes(0),
                                new byte[0]));
        t.host.stack.close(); // before anybody was told that it is connected
        t.turn();
        assertThat(t.app.events).endsWith("closed ABORTED");
        t.close();
    }

    // Keepalive of a half-closed connection (C4, C9)

    @ParameterizedTest
    @EnumSource(names = {"FIN_WAIT_2", "CLOSE_WAIT"})
    void keepaliveEndsAHalfClosedConnectionWhosePeerIsGone(TcpState state) {
        t.established();
        if (state == TcpState.FIN_WAIT_2) {
            t.connection().shutdownOutput();
            t.turn();
            t.send(Seg.of("A").seq(1).ack(2));
        } else {
            t.send(Seg.of("FA").seq(1).ack(1));
        }
        t.drain();
        t.app.events.clear();
        t.expectState(state);
        t.advanceMillis(3_600_000).expectEvents().expectState(state).expectNothing();
        t.turn();
        t.connection().keepAlive(60 * Host.SECOND, 15 * Host.SECOND, 4);
        t.advanceMillis(119_000).expectEvents().expectState(state);
        assertThat(t.drain()).hasSize(4).allMatch(s -> s.is("A") && s.data.length == 0);
        t.advanceMillis(2_000).expectEvents("closed TIMEOUT");
        t.close();
    }

    // Soft errors (M6) and TIME-WAIT's bound (C5)

    private void icmp(int code) {
        byte[] quoted =
                PacketBuilder.packet(t.own, t.peer)
                        .tcp(
                                t.port,
                                t.peerPort,
                                t.isn + (t.connection().state() == TcpState.SYN_SENT ? 0 : 1),
                                0,
                                16,
                                0,
                                new byte[0],
                                new byte[8])
                        .build();
        t.host.input(PacketBuilder.packet(t.peer, t.own).icmp(3, code, 0, quoted));
        t.turn();
    }

    @Test
    void remembersWhatWasSaidOfAPeerThatThenFallsSilent() {
        t.established();
        assertThat(t.connection().unreachable()).isNull();
        icmp(1);
        assertThat(t.connection().unreachable()).as("about nothing under way").isNull();
        t.write(100);
        icmp(0);
        assertThat(t.connection().unreachable()).isEqualTo(Unreachable.NET);
        icmp(1);
        assertThat(t.connection().unreachable()).isEqualTo(Unreachable.HOST);
        t.expectEvents().expectState(TcpState.ESTABLISHED);
        t.advanceMillis(1_200_000).expectEvents("closed TIMEOUT");
        assertThat(t.connection().unreachable()).isEqualTo(Unreachable.HOST);
        t.close();
    }

    @Test
    void tooManyRestsPushTheOldestOut() {
        TcpScript s = new TcpScript(b -> b.tcp(TcpSettings.builder().timeWaits(3).build()));
        s.listen();
        for (int i = 0; i < 5; i++) {
            s.peerPort = 1000 + i;
            s.isnKnown = false;
            s.send(Seg.of("S").mss(1460));
            s.send(Seg.of("A").seq(1).ack(1));
            s.connection().close();
            s.turn();
            s.send(Seg.of("FA").seq(1).ack(2));
        }
        s.drain();
        assertThat(s.host.stack.tcp.timeWaits.count()).isEqualTo(3);
        assertThat(s.host.stack.tcp.counters.timeWaitOverflows).isEqualTo(2);
        s.peerPort = 1001;
        s.send(Seg.of("FA").seq(1).ack(2));
        assertThat(s.drain().getFirst().is("R") || s.drain().isEmpty()).as("forgotten").isTrue();
        s.peerPort = 1002;
        s.send(Seg.of("FA").seq(1).ack(2));
        s.expect("A").hasAck(2);
        s.close();
    }
}
