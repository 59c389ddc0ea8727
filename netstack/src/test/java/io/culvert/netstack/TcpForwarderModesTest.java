package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Forwarders that answer before they dial, or when they like; and how ends pass (e4.99, 102). */
class TcpForwarderModesTest {
    private final TcpScript t = new TcpScript();
    private final List<TcpForwardRequest> requests = new ArrayList<>();
    private boolean acceptsAtOnce;

    @BeforeEach
    void forward() {
        t.own = "192.0.2.7";
        t.port = 443;
        t.host.stack.forwarder(
                new Forwarder() {
                    @Override
                    public void tcp(TcpForwardRequest request) {
                        requests.add(request);
                        if (acceptsAtOnce) {
                            t.app.connection = request.accept(t.app);
                        }
                    }

                    @Override
                    public void udp(UdpSocket flow) {
                        flow.close();
                    }
                });
    }

    /** The client's handshake is complete, and its request is here. */
    private void accepted() {
        acceptsAtOnce = true;
        t.send(t.syn());
        t.expect("SA").hasAck(1);
        t.timestamps = true;
        t.send(Seg.of("A").seq(1).ack(1));
        t.send(Seg.of("PA").seq(1).ack(1).data(50));
        t.expectEvents("connected");
        t.drain();
    }

    @Test
    void aDialThatFailsAfterTheAnswerIsAReset() {
        accepted();
        t.connection().abort();
        t.turn();
        t.expect("RA").hasSeq(1).hasAck(51);
        t.expectNothing().expectEvents("closed ABORTED");
        t.close();
    }

    @Test
    void aDialThatFailsDuringTheHandshakeIsAReset() {
        acceptsAtOnce = true;
        t.send(t.syn());
        t.expect("SA");
        t.connection().abort();
        t.turn();
        t.expect("RA").hasAck(1);
        t.expectNothing().expectEvents("closed ABORTED");
        t.close();
    }

    @Test
    void answersAtOnceWhenToldTo() {
        acceptsAtOnce = true;
        long before = t.host.now;
        t.send(t.syn());
        assertThat(t.expect("SA").at).isEqualTo(before);
        t.close();
    }

    /** It answers with the first use, which writes at once; the client asked twice until then. */
    @Test
    void answersWithTheFirstUseWhenItIsLazy() {
        t.send(t.syn());
        t.advanceMillis(1_000);
        t.send(t.syn());
        t.advanceMillis(500).expectNothing();
        t.app.connection = requests.getFirst().accept(t.app);
        t.write(300);
        t.expect("SA").hasAck(1);
        t.expectNothing();
        t.timestamps = true;
        t.send(Seg.of("A").seq(1).ack(1));
        t.expect("PA").hasSeq(1).hasLength(300);
        assertThat(requests).hasSize(1);
        t.close();
    }

    @Test
    void theUpstreamsEndIsAFinAndTheClientMayGoOn() {
        accepted();
        t.connection().shutdownOutput();
        t.turn();
        t.expect("FA").hasSeq(1);
        t.send(Seg.of("PA").seq(51).ack(2).data(500));
        assertThat(t.app.bytes).hasSize(550);
        t.drain();
        t.send(Seg.of("FA").seq(551).ack(2));
        t.expect("A").hasAck(552);
        t.expectEvents("end", "closed CLOSED");
        t.close();
    }

    @Test
    void theClientsEndIsHeardAndTheUpstreamMayGoOn() {
        accepted();
        t.send(Seg.of("FA").seq(51).ack(1));
        t.expect("A").hasAck(52);
        t.expectEvents("end").expectState(TcpState.CLOSE_WAIT);
        t.write(700);
        t.expect("PA").hasLength(700);
        t.send(Seg.of("A").seq(52).ack(701));
        t.connection().close();
        t.turn();
        t.expect("FA").hasSeq(701);
        t.send(Seg.of("A").seq(52).ack(702)).expectEvents("closed CLOSED");
        t.close();
    }

    @Test
    void theClientsResetIsHeardAsOne() {
        accepted();
        t.send(Seg.of("R").seq(51)).expectNothing().expectEvents("closed RESET");
        t.close();
    }
}
