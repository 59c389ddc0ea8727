package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Many flows that leave through one tunnel (bbr.md 7: 45, 46). */
class BbrTunnelTest {
    private static final long MILLI = Dumbbell.MILLI;

    @Test
    void leavesInTrainsOfManyFlows() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 800, 50, 1);
            DumbbellPath path = net.path(50);
            List<BulkApp> apps = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                apps.add(path.connect(BulkApp.unlimited()));
            }
            net.runSeconds(2);
            long[] since = new long[apps.size()];
            net.inspector =
                    () -> {
                        for (int i = 0; i < since.length; i++) {
                            boolean mayLeave = apps.get(i).sender().next(net.now) != 0;
                            since[i] = !mayLeave ? 0 : since[i] == 0 ? net.now : since[i];
                            assertThat(since[i] == 0 || net.now - since[i] < 2 * MILLI).isTrue();
                        }
                    };
            long sent = path.sender.sent;
            long trains = path.sender.trains;
            net.runSeconds(2);
            double train = (double) (path.sender.sent - sent) / (path.sender.trains - trains);
            assertThat(train).isGreaterThan(20);
        });
    }

    @Test
    void leavesRequestsBesideABulkFlowTheirRoundTrip() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 200, 50, 1);
            DumbbellPath path = net.path(50);
            BulkApp bulk = path.connect(BulkApp.unlimited());
            Random random = new Random(seed);
            Requests[] all = new Requests[20];
            for (int i = 0; i < all.length; i++) {
                all[i] = new Requests(net, path.connect(BulkApp.of(0)), random);
            }
            net.runSeconds(3);
            for (Requests requests : all) {
                requests.forget();
            }
            long before = bulk.sender().sampler.delivered();
            net.runSeconds(30);
            double goodput = (bulk.sender().sampler.delivered() - before) * 8e-6 / 30;
            assertThat(goodput / (200 * Dumbbell.PAYLOAD_SHARE)).as("bulk").isGreaterThan(0.9);
            int count = 0;
            int late = 0;
            for (Requests requests : all) {
                count += requests.done;
                late += requests.late;
            }
            assertThat(count).isGreaterThan(2000);
            assertThat(late).as("of " + count).isLessThanOrEqualTo(count / 100);
        });
    }

    /** Asks again and again, after random pauses; an acknowledgment stands for the answer. */
    private static final class Requests {
        private static final int LENGTH = 300;
        private static final long MOST = 77 * MILLI;
        private static final long STEP = MILLI / 2;

        private final Dumbbell net;
        private final BulkApp app;
        private final Random random;
        private long askedAt;
        private boolean asked;
        private int done;
        private int late;

        Requests(Dumbbell net, BulkApp app, Random random) {
            this.net = net;
            this.app = app;
            this.random = random;
            pause();
        }

        private void pause() {
            net.after(random.nextLong(200 * MILLI), this::ask);
        }

        private void ask() {
            if (app.isConnected()) {
                asked = true;
                askedAt = net.now;
                app.allow(LENGTH);
            }
            net.after(STEP, this::look);
        }

        private void look() {
            if (asked && app.sender().isFlushed()) {
                asked = false;
                done++;
                if (net.now > askedAt + MOST) {
                    late++;
                }
            }
            if (asked) {
                net.after(STEP, this::look);
            } else {
                pause();
            }
        }

        void forget() {
            done = 0;
            late = 0;
        }
    }
}
