package io.culvert.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LosslessRateTest {
    private final List<Double> tried = new ArrayList<>();

    /** A tunnel that carries so many, before a socket that can't send more than {@code sender}. */
    private LosslessRate.Probe search(double most, double sender, double carried)
            throws IOException {
        return LosslessRate.search(
                most,
                rate -> {
                    tried.add(rate);
                    double sent = Math.min(rate, sender);
                    return new LosslessRate.Probe(sent, Math.min(sent, carried), 1, 2);
                });
    }

    @Test
    void findsWhatIsCarried() throws IOException {
        LosslessRate.Probe best = search(400_000, 300_000, 70_000);
        assertThat(best.sent()).isBetween(68_000.0, 70_071.0);
        assertThat(best.clientNanos()).isEqualTo(1);
        assertThat(best.serverNanos()).isEqualTo(2);
        assertThat(tried).hasSize(7);
    }

    @Test
    void isContentWithWhatTheSenderCan() throws IOException {
        assertThat(search(400_000, 90_000, 100_000).sent()).isEqualTo(90_000);
        assertThat(tried).hasSize(1);
    }

    @Test
    void looksBelowWhatAFloodLeaves() throws IOException {
        LosslessRate.Probe best =
                LosslessRate.search(
                        400_000,
                        rate -> {
                            double arrived = rate <= 10_000 ? rate : 8_000;
                            return new LosslessRate.Probe(rate, arrived, 1, 1);
                        });
        assertThat(best.sent()).isBetween(9_500.0, 10_000.0);
    }

    @Test
    void isNothingWhereEveryRateLoses() throws IOException {
        LosslessRate.Probe best =
                LosslessRate.search(1000, rate -> new LosslessRate.Probe(rate, rate / 2, 1, 1));
        assertThat(best.sent()).isZero();
        assertThat(best.clientNanos()).isNaN();
    }

    @Test
    void letsOneInAThousandPass() {
        assertThat(new LosslessRate.Probe(1000, 999, 0, 0).isLossless()).isTrue();
        assertThat(new LosslessRate.Probe(1000, 998.9, 0, 0).isLossless()).isFalse();
    }
}
