package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** More SYNs than there is room for: of a listener, and of a forwarder that answers first. */
class TcpFloodTest {
    private static final int BACKLOG = 8;
    private static final String TARGET = "192.0.2.7";

    private final TcpSettings settings = TcpSettings.builder().backlog(BACKLOG).build();
    private final TcpScript t = new TcpScript(b -> b.tcp(settings));
    private final List<TcpForwardRequest> requests = new ArrayList<>();

    private TcpCounters counters() {
        return t.host.stack.tcp.counters;
    }

    /** Fills the backlog by clients that say no more. */
    private void fill() {
        t.peer = "10.9.9.9";
        for (int i = 0; i < BACKLOG; i++) {
            t.peerPort = 1000 + i;
            t.send(t.syn());
            t.expect("SA");
        }
        t.peer = TcpScript.PEER;
        t.peerPort = TcpScript.PEER_PORT;
        t.isnKnown = false;
    }

    /** The last SYN is answered with a cookie, and its sender is the peer from then on. */
    private void oneBeyondTheBacklog() {
        for (int i = 0; i <= BACKLOG; i++) {
            t.peerPort = 1000 + i;
            t.isnKnown = false;
            t.send(t.syn());
        }
        t.drain();
    }

    /** Accepts every client at once. */
    private void forwardAcceptFirst() {
        t.own = TARGET;
        t.port = 443;
        t.host.stack.forwarder(
                new Forwarder() {
                    @Override
                    public void tcp(TcpForwardRequest request) {
                        requests.add(request);
                        t.app.connection = request.accept(t.app);
                    }

                    @Override
                    public void udp(UdpSocket flow) {
                        flow.close();
                    }
                });
    }

    @Test
    void answersWithACookieAndKeepsWhatWasOffered() {
        t.listen();
        fill();
        t.send(t.syn());
        Seg answer = t.expect("SA").hasSeq(0).hasAck(1).hasWindow(65535);
        assertThat(answer.mss).isEqualTo(1380);
        assertThat(answer.windowScale).isEqualTo(9);
        assertThat(answer.sackPermitted).isTrue();
        assertThat(answer.echo).isEqualTo(t.now());
        assertThat(t.host.stack.liveFlows()).as("nothing is remembered").isEqualTo(BACKLOG);
        t.timestamps = true;
        t.advanceMillis(300);
        t.drain();
        t.send(Seg.of("A").seq(1).ack(1).win(100));
        t.expectEvents("connected").expectState(TcpState.ESTABLISHED).expectNothing();
        assertThat(t.sender().window.size()).isEqualTo(100 << 7);
        assertThat(t.sender().mss()).isEqualTo(1380);
        assertThat(t.connection().sackPermitted()).isTrue();
        assertThat(t.connection().timestamps()).isTrue();
        assertThat(counters().synCookiesSent).isEqualTo(1);
        assertThat(counters().synCookiesReceived).isEqualTo(1);
        t.send(Seg.of("PA").seq(1).ack(1).data(100));
        t.expect("A").hasAck(101);
        assertThat(t.app.bytes).hasSize(100);
        t.close();
    }

    @Test
    void offersNothingThatACookieCannotRemember() {
        t.listen();
        fill();
        t.send(Seg.of("S").mss(1400).ws(7).sackOk());
        Seg answer = t.expect("SA");
        assertThat(answer.rawOptions).hasSize(4);
        t.send(Seg.of("PA").seq(1).ack(1).data(10)); // the ACK was lost, data comes first
        t.expect("A").hasAck(11);
        t.expectEvents("connected");
        assertThat(t.app.bytes).hasSize(10);
        assertThat(t.sender().mss()).isEqualTo(1380);
        assertThat(t.connection().handshake().windowScaling()).isFalse();
        assertThat(t.connection().sackPermitted()).isFalse();
    }

    @Test
    void takesNoTinyMssForOneThatIsMissing() {
        t.listen();
        fill();
        t.send(Seg.of("S"));
        t.expect("SA");
        t.send(Seg.of("A").seq(1).ack(1));
        assertThat(t.sender().mss()).isEqualTo(536);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 1000, -5})
    void resetsWhatIsNoCookie(int acknowledgment) {
        t.listen();
        fill();
        t.send(t.syn());
        t.expect("SA");
        t.send(Seg.of("A").seq(1).ack(acknowledgment).ts(t.now(), t.lastTimestamp));
        t.expect("R").hasSeq(acknowledgment);
        assertThat(counters().synCookiesFailed).isEqualTo(1);
        t.expectEvents();
    }

    @Test
    void resetsACookieThatIsOldOrLostItsTimestamp() {
        t.listen();
        fill();
        t.send(t.syn());
        t.expect("SA");
        t.send(Seg.of("A").seq(1).ack(1));
        t.expect("R");
        t.send(Seg.of("A").seq(1).ack(1).ts(t.now(), t.lastTimestamp - 200_000));
        t.expect("R");
        t.advanceMillis(2 * SynCookies.PERIOD / Host.MILLI);
        t.drain();
        t.send(Seg.of("A").seq(1).ack(1).ts(t.now(), t.lastTimestamp));
        t.expect("R");
        t.expectEvents();
    }

    @Test
    void takesNoCookieWhenNoneIsOut() {
        t.listen();
        t.send(t.syn());
        t.expect("SA");
        t.send(Seg.of("R").seq(1));
        t.send(Seg.of("A").seq(1).ack(1).ts(t.now(), t.lastTimestamp));
        t.expect("R");
        assertThat(counters().synCookiesFailed).isZero();
    }

    @Test
    void remembersClientsAgainWhenThereIsRoom() {
        t.listen();
        fill();
        t.advanceMillis(100_000);
        t.drain();
        t.send(t.syn());
        t.expect("SA");
        assertThat(counters().synCookiesSent).isZero();
        assertThat(t.host.stack.liveFlows()).isEqualTo(1);
    }

    /** Most of the test's time goes into building the packets. */
    @Test
    void aMillionSynsTakeLittleMemoryAndDoNotDisturbAFlow() {
        TcpScript s = new TcpScript();
        s.established();
        int seq = 1;
        byte[] syn =
                PacketBuilder.packet("10.1.0.0", s.own)
                        .tcp(5000, 80, 7, 0, 2, 9, none(), none())
                        .build();
        MemorySegment packet = Host.segment(syn);
        long limit = TcpSettings.DEFAULT.backlog();
        for (int i = 0; i < 1_000_000; i++) {
            address(packet, 0x0a10_0000 + i * 7919 % 0xe_ffff);
            packet.set(IpHeader.SHORT, 20, (short) (1024 + i % 60_000));
            mend(packet);
            s.host.stack.input(packet, 0, syn.length, s.host.now);
            if (i % 64 == 63) {
                s.host.now += 640_000; // 100,000 a second
                s.send(Seg.of("A").seq(seq).ack(1).data(1000));
                seq += 1000;
                assertThat(s.app.bytes).hasSize(1000);
                s.app.bytes = new byte[0];
                s.out.clear();
            }
        }
        assertThat(s.host.stack.liveFlows()).isLessThanOrEqualTo((int) limit + 1);
        assertThat(s.host.pool.inUse()).isZero();
        assertThat(counters(s).synCookiesSent).isGreaterThan(900_000);
        s.write(5000);
        assertThat(s.drain()).hasSize(4);
    }

    private static TcpCounters counters(TcpScript s) {
        return s.host.stack.tcp.counters;
    }

    private static byte[] none() {
        return new byte[0];
    }

    private static void address(MemorySegment packet, int source) {
        packet.set(IpHeader.INT, 12, source);
    }

    /** Both checksums. */
    private static void mend(MemorySegment packet) {
        packet.set(IpHeader.SHORT, 10, (short) 0);
        packet.set(IpHeader.SHORT, 10, (short) Checksum.finish(Checksum.sum(packet, 0, 20)));
        packet.set(IpHeader.SHORT, 36, (short) 0);
        int length = (int) packet.byteSize() - 20;
        int pseudo =
                Checksum.pseudoHeader(
                        0,
                        IpAddress.v4(packet.get(IpHeader.INT, 12)),
                        0,
                        IpAddress.v4(packet.get(IpHeader.INT, 16)),
                        6,
                        length);
        int sum = Checksum.add(Checksum.sum(packet, 20, length), pseudo);
        packet.set(IpHeader.SHORT, 36, (short) Checksum.finish(sum));
    }

    @Test
    void aForwarderThatAnswersFirstForgetsClientsThatDoNotConfirm() {
        forwardAcceptFirst();
        for (int i = 0; i < 1000; i++) {
            t.peer = "10." + (1 + i % 100) + ".0." + (1 + i / 100);
            t.send(t.syn());
        }
        assertThat(t.host.stack.liveFlows()).isEqualTo(BACKLOG);
        assertThat(counters().synCookiesSent).isEqualTo(1000 - BACKLOG);
        assertThat(t.drain()).hasSize(1000).allMatch(s -> s.is("SA"));
        t.advanceMillis(100_000);
        assertThat(t.host.stack.liveFlows()).isZero();
        t.app.events.clear();
        t.close();
    }

    @Test
    void aClientWhoConfirmsACookieIsANewRequestOfAForwarder() {
        forwardAcceptFirst();
        for (int i = 0; i < BACKLOG; i++) {
            t.peerPort = 1000 + i;
            t.send(t.syn());
        }
        t.drain();
        t.peerPort = 6000;
        t.isnKnown = false;
        t.send(t.syn());
        t.expect("SA").hasAck(1);
        t.expectEvents("closed RESET");
        requests.clear();
        t.timestamps = true;
        t.send(Seg.of("A").seq(1).ack(1));
        assertThat(requests).hasSize(1);
        t.expectEvents("connected").expectState(TcpState.ESTABLISHED);
        assertThat(counters().passiveOpens).isEqualTo(BACKLOG + 1);
        t.write(100);
        t.expect("PA").hasSeq(1).hasAck(1).hasLength(100);
        t.send(Seg.of("PA").seq(1).ack(101).data(50));
        assertThat(t.app.bytes).hasSize(50);
        t.app.events.clear();
        t.close();
    }

    /** Its RST bears the number behind data that nobody took; so it is asked (RFC 5961, 3). */
    @Test
    void aClientWhoConfirmedACookieAndSentDataMayGiveUp() {
        forwardAcceptFirst();
        oneBeyondTheBacklog();
        requests.clear();
        t.host.stack.forwarder(
                new Forwarder() {
                    @Override
                    public void tcp(TcpForwardRequest request) {
                        requests.add(request);
                        request.onCancel(() -> t.app.events.add("cancelled"));
                    }

                    @Override
                    public void udp(UdpSocket flow) {}
                });
        t.app.events.clear();
        t.timestamps = true;
        t.send(Seg.of("PA").seq(1).ack(1).data(100));
        assertThat(requests).hasSize(1);
        t.send(Seg.of("R").seq(70_000));
        t.expectNothing();
        t.send(Seg.of("R").seq(101));
        t.expect("A").hasSeq(1).hasAck(1);
        t.expectEvents();
        t.send(Seg.of("R").seq(1));
        t.expectEvents("cancelled").expectNothing();
        t.host.stack.forwarder(null);
        t.close();
    }

    @Test
    void aForwarderMayRefuseAClientWhoConfirmedACookie() {
        forwardAcceptFirst();
        oneBeyondTheBacklog();
        t.host.stack.forwarder(
                new Forwarder() {
                    @Override
                    public void tcp(TcpForwardRequest request) {
                        request.refuse(Refusal.HOST_UNREACHABLE);
                    }

                    @Override
                    public void udp(UdpSocket flow) {}
                });
        t.timestamps = true;
        t.send(Seg.of("A").seq(1).ack(1));
        t.expect("RA").hasSeq(1).hasAck(1);
    }
}
