package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** More connections to one place within a TIME-WAIT than there are ports (RFC 6191, section 2). */
class TcpPortReuseTest {
    private static final int PORTS = 60999 - 32768 + 1;

    private final TwoStacks net =
            new TwoStacks(1, 1420, new LinkConditions(50_000, 0, 0, 0, 0, 0, 0));

    /** Closes as soon as it can. */
    private static class Brief implements TcpHandler {
        @Nullable CloseCause cause;

        @Override
        public void connected(TcpConnection c) {
            c.shutdownOutput();
        }

        @Override
        public void readable(TcpConnection c) {
            if (c.endOfStream()) {
                c.shutdownOutput();
            }
        }

        @Override
        public void writable(TcpConnection c) {
            // nothing to say
        }

        @Override
        public void closed(TcpConnection c, CloseCause why) {
            cause = why;
        }
    }

    private @Nullable CloseCause openAndClose() {
        Brief dialer = new Brief();
        net.a.connect(Host.address("10.0.0.2", 80), dialer);
        net.runUntil(() -> dialer.cause != null, TwoStacks.SECOND);
        return dialer.cause;
    }

    @Test
    void aPortServesAgainASecondAfterItsLastConnection() {
        net.b.listen(
                null,
                80,
                c ->
                        new Brief() {
                            @Override
                            public void connected(TcpConnection c) {
                                // the dialer closes first
                            }
                        });
        for (int i = 0; i < PORTS + 1000; i++) {
            assertThat(openAndClose()).as("connection " + i).isEqualTo(CloseCause.CLOSED);
        }
        assertThat(net.a.tcp.counters.timeWaitReused).isEqualTo(1000);
        assertThat(net.a.tcp.timeWaits.count()).isEqualTo(PORTS);
    }
}
