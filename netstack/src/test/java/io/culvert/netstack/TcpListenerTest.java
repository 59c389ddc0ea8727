package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TcpListenerTest {
    private final TcpScript t = new TcpScript();

    private static TcpHandler nobody(TcpConnection c) {
        throw new AssertionError("nothing was established");
    }

    @Test
    void refusesAPortThatIsTaken() {
        TcpListener first = t.host.stack.listen(null, 80, TcpListenerTest::nobody);
        assertThatThrownBy(() ->
                        t.host.stack.listen(Host.address(Host.OWN4), 80, TcpListenerTest::nobody))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("80");
        first.close();
        t.host.stack.listen(Host.address(Host.OWN4), 80, TcpListenerTest::nobody);
        t.host.stack.listen(Host.address(Host.OWN6), 80, TcpListenerTest::nobody);
    }

    @Test
    void hearsOnlyItsOwnAddress() {
        t.host.stack.listen(Host.address(Host.OWN6), 80, TcpListenerTest::nobody);
        t.send(t.syn());
        t.expect("RA");
    }

    @Test
    void resetsHalfOpenConnectionsWhenItCloses() {
        TcpListener listener = t.host.stack.listen(null, 80, TcpListenerTest::nobody);
        t.send(t.syn());
        t.expect("SA");
        listener.close();
        t.turn();
        t.expect("RA");
        assertThat(t.host.stack.liveFlows()).isZero();
        t.send(t.syn());
        t.expect("RA");
        t.close();
    }

    @Test
    void remembersNoMoreThanItsBacklogAtATime() {
        t.host.stack.listen(null, 80, TcpListenerTest::nobody);
        int backlog = TcpSettings.DEFAULT.backlog();
        for (int i = 0; i < backlog + 100; i++) {
            t.peerPort = 1024 + i;
            t.send(t.syn());
        }
        assertThat(t.drain()).as("the rest is answered by cookie").hasSize(backlog + 100);
        assertThat(t.host.stack.tcp.counters.synCookiesSent).isEqualTo(100);
        assertThat(t.host.stack.liveFlows()).isEqualTo(backlog);
        t.advanceMillis(100_000);
        assertThat(t.host.stack.liveFlows()).isZero();
        t.drain();
        t.send(t.syn());
        t.expect("SA");
        t.close();
    }
}
