package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TcpHandshakeTest {
    private final TcpScript t = new TcpScript();

    @Test
    void answersASynWithTheOptionsItOffered() {
        t.listen().send(t.syn());
        Seg answer = t.expect("SA").hasSeq(0).hasAck(1).hasWindow(65535);
        assertThat(answer.mss).isEqualTo(1380);
        assertThat(answer.windowScale).isEqualTo(9);
        assertThat(answer.sackPermitted).isTrue();
        assertThat(answer.hasTimestamp).isTrue();
        assertThat(answer.echo).isEqualTo(t.now());
        t.expectNothing();
    }

    @Test
    void offersNothingThatTheSynDidNotOffer() {
        t.listen().send(Seg.of("S").mss(1460));
        Seg answer = t.expect("SA");
        assertThat(answer.windowScale).isEqualTo(-1);
        assertThat(answer.sackPermitted).isFalse();
        assertThat(answer.hasTimestamp).isFalse();
        assertThat(answer.rawOptions).hasSize(4);
    }

    @Test
    void writesTheOptionsOfASynInLinuxOrder() {
        Seg syn = t.connect().expect("S").hasSeq(0).hasWindow(65535);
        assertThat(syn.rawOptions).hasSize(20).startsWith(2, 4, 5, 100, 4, 2, 8, 10);
        assertThat(syn.rawOptions).endsWith(1, 3, 3, 9);
    }

    @Test
    void announcesTheMssOfIpv6() {
        t.peer = Host.PEER6;
        t.own = Host.OWN6;
        assertThat(t.connect().expect("S").mss).isEqualTo(1360);
    }

    @Test
    void sendsSmallSegmentsToAPeerThatNamesNoMss() {
        t.established(Seg.of("S"));
        t.write(1000);
        t.expect("A").hasLength(536);
        t.expect("PA").hasLength(464);
    }

    @Test
    void sendsSmallSegmentsToAnIpv6PeerThatNamesNoMss() {
        t.peer = Host.PEER6;
        t.own = Host.OWN6;
        t.established(Seg.of("S"));
        t.write(1300);
        t.expect("A").hasLength(1220);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 17, 47})
    void takesATinyMssAsTheSmallestThatWorks(int mss) {
        t.established(Seg.of("S").mss(mss));
        t.write(96);
        t.expect("A").hasLength(48);
    }

    @Test
    void takesAWindowScaleOf15As14() {
        takesAsLargest(15);
    }

    @Test
    void takesTheLargestNumberAsAWindowScaleOf14() {
        takesAsLargest(255);
    }

    private void takesAsLargest(int shift) {
        t.established(Seg.of("S").mss(1460).ws(shift).win(1));
        t.send(Seg.of("A").seq(1).ack(1).win(2));
        assertThat(t.sender().window.size()).isEqualTo(2 << 14);
    }

    @Test
    void scalesNoWindowWhenOnlyOneSideOffers() {
        t.established(Seg.of("S").mss(1460));
        t.send(Seg.of("A").seq(1).ack(1).win(1000));
        assertThat(t.sender().window.size()).isEqualTo(1000);
        t.send(Seg.of("PA").seq(1).ack(1).data(10));
        t.expect("A").hasWindow(65525); // ten bytes are not worth an update
    }

    @Test
    void doesNotScaleTheWindowOfASyn() {
        t.listen().send(t.syn().win(5000));
        t.expect("SA");
        t.send(Seg.of("A").seq(1).ack(1).win(100).ts(t.now(), t.lastTimestamp));
        assertThat(t.sender().window.largest()).isEqualTo(100 << 7);
    }

    @Test
    void repeatsALostSynAckAndForgetsTheClient() {
        t.listen().send(t.syn());
        long start = t.expect("SA").at;
        List<Long> seconds = new ArrayList<>();
        t.advanceMillis(100_000);
        for (Seg s : t.drain()) {
            seconds.add((s.hasFlags("SA").at - start) / Host.SECOND);
        }
        assertThat(seconds).containsExactly(1L, 3L, 7L, 15L, 31L);
        assertThat(t.host.stack.liveFlows()).isZero();
        assertThat(t.app.events).isEmpty();
        t.close();
    }

    @Test
    void repeatsALostSynAndGivesUp() {
        t.connect();
        long start = t.expect("S").at;
        t.advanceMillis(126_000);
        List<Long> seconds = new ArrayList<>();
        for (Seg s : t.drain()) {
            seconds.add((s.hasFlags("S").at - start) / Host.SECOND);
        }
        assertThat(seconds).containsExactly(1L, 3L, 7L, 15L, 31L, 63L);
        t.expectEvents();
        t.advanceMillis(2_000).expectNothing().expectEvents("closed TIMEOUT");
        t.close();
    }

    @Test
    void believesNoEchoOfATimeBeforeItsFirstSyn() {
        t.connect();
        t.expect("S");
        t.advanceMillis(1_200);
        Seg second = t.expect("S");
        t.send(Seg.of("SA").ack(1).mss(1460).ts(t.now(), second.timestamp - 4_000));
        assertThat(t.sender().rtt.hasSample()).isFalse();
    }

    @Test
    void measuresARepeatedSynByItsEcho() {
        t.connect();
        Seg first = t.expect("S");
        t.advanceMillis(1_200);
        t.expect("S");
        t.send(Seg.of("SA").ack(1).mss(1460).ts(t.now(), first.timestamp));
        assertThat(t.sender().rtt.srtt()).isEqualTo(1_200 * Host.MILLI);
    }

    @Test
    void waitsThreeSecondsAndStartsWithOneSegmentAfterALostSyn() {
        t.connect();
        t.expect("S");
        t.advanceMillis(1_000);
        t.expect("S");
        t.send(Seg.of("SA").ack(1).mss(1460));
        t.expect("A").hasSeq(1).hasAck(1);
        assertThat(t.sender().rtt.rto()).isEqualTo(3 * Host.SECOND);
        t.write(5000);
        t.expect("A").hasLength(1380);
        t.expectNothing();
    }

    @Test
    void deliversDataThoughTheLastAckOfTheHandshakeWasLost() {
        t.listen().send(t.syn());
        t.expect("SA");
        t.timestamps = true;
        t.send(Seg.of("PA").seq(1).ack(1).data(100));
        t.expect("A").hasAck(101);
        assertThat(t.app.bytes).hasSize(100);
        t.expectEvents("connected");
    }

    @Test
    void answersARepeatedSynWithTheSameSynAck() {
        t.listen().send(t.syn());
        int first = t.expect("SA").seq;
        t.send(t.syn());
        t.expect("SA").hasSeq(first).hasAck(1);
        assertThat(t.host.stack.liveFlows()).isEqualTo(1);
    }

    @Test
    void forgetsAHalfOpenConnectionOnAnExactReset() {
        t.listen().send(t.syn());
        t.expect("SA");
        t.send(Seg.of("R").seq(1));
        t.expectNothing();
        assertThat(t.host.stack.liveFlows()).isZero();
    }

    @Test
    void challengesAnInexactResetOfAHalfOpenConnection() {
        t.listen().send(t.syn());
        t.expect("SA");
        t.send(Seg.of("R").seq(2));
        t.expect("A").hasSeq(1).hasAck(1);
        assertThat(t.host.stack.liveFlows()).isEqualTo(1);
    }

    @Test
    void resetsAHandshakeWithAWrongAck() {
        t.listen().send(t.syn());
        t.expect("SA");
        t.send(Seg.of("A").seq(1).ack(77).ts(t.now(), 0));
        t.expect("R").hasSeq(77);
        t.expectNothing();
    }

    @Test
    void resetsAnUnacceptableAckOfItsSynAndGoesOn() {
        t.connect();
        t.expect("S");
        t.send(Seg.of("SA").ack(9).mss(1460));
        t.expect("R").hasSeq(9);
        t.expectState(TcpState.SYN_SENT);
        t.send(Seg.of("SA").ack(1).mss(1460));
        t.expect("A").hasSeq(1).hasAck(1);
        t.expectEvents("connected");
    }

    @Test
    void isRefusedByAResetThatAcknowledgesItsSyn() {
        t.connect();
        t.expect("S");
        t.send(Seg.of("R"));
        t.expectEvents();
        t.send(Seg.of("RA").ack(5));
        t.expectEvents();
        t.send(Seg.of("RA").ack(1));
        t.expectEvents("closed REFUSED").expectNothing();
        t.close();
    }

    @Test
    void opensWhenBothSidesSendASyn() {
        t.connect();
        t.expect("S");
        t.send(Seg.of("S").mss(1460).ws(7).sackOk());
        t.expect("SA").hasSeq(0).hasAck(1);
        t.expectState(TcpState.SYN_RECEIVED);
        t.send(Seg.of("SA").ack(1).mss(1460).ws(7).sackOk());
        t.expect("A").hasSeq(1).hasAck(1);
        t.expectState(TcpState.ESTABLISHED).expectEvents("connected");
        t.expectNothing();
    }

    @Test
    void opensWhenBothSidesSendASynAndTheAnswerIsAPlainAck() {
        t.connect();
        t.expect("S");
        t.send(Seg.of("S").mss(1460));
        t.expect("SA");
        t.send(Seg.of("A").seq(1).ack(1));
        t.expectState(TcpState.ESTABLISHED).expectEvents("connected").expectNothing();
    }

    @Test
    void ignoresFlagsThatContradictEachOther() {
        t.listen();
        for (String flags : new String[] {"SF", "SR", "SRA", "SFA", "", "F", "P", "FPU", "U"}) {
            t.send(Seg.of(flags).seq(0));
            t.expectNothing();
        }
        assertThat(t.host.stack.liveFlows()).isZero();
    }

    @Test
    void ignoresTheDataOfASyn() {
        t.listen();
        Seg syn = t.syn();
        syn.data = new byte[500];
        t.send(syn);
        t.expect("SA").hasAck(1);
        t.timestamps = true;
        t.send(Seg.of("A").seq(1).ack(1));
        t.send(Seg.of("PA").seq(1).ack(1).data(500));
        t.expect("A").hasAck(501);
        assertThat(t.app.bytes).hasSize(500);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2,0",
                "2,1",
                "2,40,5",
                "3,3",
                "8,10,1",
                "99,2,1,1",
                "19,18,1,1",
                "254,4,0,0",
                "1,1,1,1,1,1,1,1,1,1,1,1",
                "5,255,0,0",
                "0,0,0,0"
            })
    void survivesRubbishAmongTheOptions(String text) {
        String[] parts = text.split(",", -1);
        int[] rubbish = new int[parts.length];
        for (int i = 0; i < parts.length; i++) {
            rubbish[i] = Integer.parseInt(parts[i]);
        }
        t.listen().send(Seg.of("S").options(rubbish).mss(1000));
        t.expect("SA");
    }

    @Test
    void keepsTheOptionsBeforeAFault() {
        t.listen().send(Seg.of("S").options(2, 4, 3, 232, 4, 2, 3, 0));
        Seg answer = t.expect("SA");
        assertThat(answer.sackPermitted).isTrue();
        assertThat(answer.windowScale).isEqualTo(-1);
        t.send(Seg.of("A").seq(1).ack(1));
        assertThat(t.sender().mss()).isEqualTo(1000);
    }

    @Test
    void sendsWhatWasWrittenWhileItConnected() {
        t.connect();
        t.expect("S");
        t.write(100);
        t.expectNothing();
        t.send(Seg.of("SA").ack(1).mss(1460));
        t.expect("PA").hasSeq(1).hasAck(1).hasLength(100);
        t.expectNothing();
    }

    @Test
    void closesInOrderWhatWasClosedWhileItConnected() {
        t.connect();
        t.expect("S");
        t.write(100);
        t.connection().shutdownOutput();
        t.send(Seg.of("SA").ack(1).mss(1460));
        t.expect("FPA").hasSeq(1).hasLength(100);
    }

    @Test
    void acceptsAHandshakeWhoseAckLostItsTimestamp() {
        t.listen().send(t.syn());
        t.expect("SA");
        t.send(Seg.of("A").seq(1).ack(1));
        t.expectEvents("connected");
        t.send(Seg.of("PA").seq(1).ack(1).data(10).noTs());
        assertThat(t.app.bytes).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0xc0, 0x1c0, 0x40, 0x80})
    void answersASynThatAsksForEcn(int bits) {
        byte[] packet =
                PacketBuilder.packet(t.peer, t.own)
                        .tcp(5000, 80, 1, 0, 2 | bits, 65535, new byte[0], new byte[0])
                        .build();
        t.listen();
        t.host.input(packet);
        List<PacketView> answers = t.host.turn();
        assertThat(answers).hasSize(1);
        assertThat(answers.getFirst().u8(13)).isEqualTo(0x12);
    }

    @Test
    void choosesInitialSequenceNumbersThatGrowWithTimeAndNotWithPorts() {
        Set<Integer> numbers = new HashSet<>();
        t.listen();
        for (int port = 1000; port < 1100; port++) {
            t.peerPort = port;
            t.isnKnown = false;
            t.send(t.syn());
            t.expect("SA");
            numbers.add(t.isn >>> 16);
        }
        assertThat(numbers).hasSizeGreaterThan(90);
        t.peerPort = 1000;
        int first = again();
        t.advanceMillis(1000);
        t.drain();
        assertThat(again() - first).isBetween(240_000, 260_000);
    }

    private int again() {
        t.send(Seg.of("R").seq(1));
        t.isnKnown = false;
        t.send(t.syn());
        t.drain();
        return t.isn;
    }

    @Test
    void failsAtOnceWithoutAnAddressOfTheFamily() {
        TcpScript v4 = new TcpScript(b -> b.addresses(List.of(Host.address(Host.OWN4))));
        v4.peer = Host.PEER6;
        v4.connect().expectNothing().expectEvents("closed UNREACHABLE");
        v4.close();
    }

    @Test
    void failsWhenIcmpQuotesItsSyn() {
        t.connect();
        t.expect("S");
        t.host.input(icmpAbout(3, 1, t.isn + 5));
        t.turn().expectEvents();
        t.host.input(icmpAbout(3, 1, t.isn));
        t.turn().expectEvents("closed UNREACHABLE");
        t.close();
    }

    @Test
    void isRefusedWhenIcmpSaysThatThePortIsClosed() {
        t.connect();
        t.expect("S");
        t.host.input(icmpAbout(3, 3, t.isn));
        t.turn().expectEvents("closed REFUSED");
    }

    private PacketBuilder icmpAbout(int type, int code, int sequence) {
        byte[] quoted =
                PacketBuilder.packet(t.own, t.peer)
                        .tcp(t.port, t.peerPort, sequence, 0, 2, 0, new byte[0], new byte[0])
                        .build();
        return PacketBuilder.packet(t.peer, t.own).icmp(type, code, 0, quoted);
    }

    @Test
    void picksEphemeralPortsThatDiffer() {
        Set<Integer> ports = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            int port = t.host.stack.connect(Host.address(t.peer, 80), t.app).local().getPort();
            assertThat(port).isBetween(32768, 60999);
            ports.add(port);
        }
        assertThat(ports).hasSize(200);
        t.turn();
        t.close();
    }
}
