package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/** What connections cost that have nothing to say: the live heap with many of them. */
class TcpMemoryTest {
    private static final int COUNT = 20_000;
    private static final int ROUNDS = 3;

    private static long perItem(TcpScript t, IntConsumer make) {
        make.accept(0);
        long before = live();
        for (int i = 1; i <= COUNT; i++) {
            make.accept(i);
        }
        long after = live();
        assertThat(t.host.stack.liveFlows()).isGreaterThan(COUNT);
        assertThat(t.host.pool.inUse()).isZero();
        return (after - before) / COUNT;
    }

    private static long live() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < ROUNDS; i++) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }

    @Test
    void aHalfOpenConnectionTakesLessThan200Bytes() {
        TcpSettings settings = TcpSettings.builder().backlog(2 * COUNT).build();
        TcpScript t = new TcpScript(b -> b.tcp(settings));
        t.host.stack.listen(null, 80, c -> t.app);
        long bytes =
                perItem(
                        t,
                        i -> {
                            t.peerPort = 1024 + i;
                            t.send(t.syn());
                            t.out.clear();
                        });
        assertThat(bytes).isLessThan(200);
    }

    @Test
    void aParkedRequestTakesLessThan200Bytes() {
        TcpSettings settings = TcpSettings.builder().pendingPerDestination(2 * COUNT).build();
        TcpScript t = new TcpScript(b -> b.tcp(settings));
        t.own = "192.0.2.7";
        t.host.stack.forwarder(
                new Forwarder() {
                    @Override
                    public void tcp(TcpForwardRequest request) {}

                    @Override
                    public void udp(UdpSocket flow) {}
                });
        long bytes =
                perItem(
                        t,
                        i -> {
                            t.peerPort = 1024 + i;
                            t.send(t.syn());
                        });
        assertThat(bytes).isLessThan(200);
    }
}
