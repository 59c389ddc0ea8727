package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("A9")
class ReplayWindowTest {
    private static final long LIMIT = Constants.REJECT_AFTER_MESSAGES;

    private final ReplayWindow window = new ReplayWindow();

    @Test
    void acceptsEachCounterOnce() {
        for (long counter : new long[] {0, 1, 9, 8, 7, 2, 64, 63, 65}) {
            assertThat(window.accept(counter)).isTrue();
            assertThat(window.accept(counter)).isFalse();
        }
    }

    @Test
    void windowIsOneWordSmallerThanTheRing() {
        assertThat(ReplayWindow.SIZE).isEqualTo(8128);
    }

    @Test
    void acceptsTheLastCounterInsideTheWindowAndNotTheOneBehind() {
        for (long highest : new long[] {8192, 8193, 8255, 8256, 100_000, 1L << 40}) {
            ReplayWindow fresh = new ReplayWindow();
            assertThat(fresh.accept(highest)).isTrue();
            assertThat(fresh.accept(highest - 8128)).isTrue();
            assertThat(fresh.accept(highest - 8129)).isFalse();
            assertThat(fresh.accept(highest - 8128)).isFalse();
        }
    }

    @Test
    void everyCounterOfTheWindowIsStillGoodAfterAJump() {
        window.accept(20_000);
        for (long counter = 20_000 - 8128; counter < 20_000; counter++) {
            assertThat(window.accept(counter)).isTrue();
        }
        for (long counter = 20_000 - 8128; counter <= 20_000; counter++) {
            assertThat(window.accept(counter)).isFalse();
        }
    }

    @Test
    void forgetsEverythingAfterAFarJump() {
        for (long counter = 0; counter < 8192; counter++) {
            window.accept(counter);
        }
        long far = 8191 + (1L << 50);
        assertThat(window.accept(far)).isTrue();
        for (long counter = far - 8128; counter < far; counter++) {
            assertThat(window.accept(counter)).isTrue();
        }
        assertThat(window.accept(8191)).isFalse();
    }

    @Test
    void countsUnsigned() {
        assertThat(window.accept(Long.MAX_VALUE)).isTrue();
        assertThat(window.accept(Long.MIN_VALUE)).isTrue();
        assertThat(window.accept(Long.MAX_VALUE - 1)).isTrue();
        assertThat(window.accept(Long.MIN_VALUE)).isFalse();
        assertThat(window.accept(0)).isFalse();
    }

    @Test
    void refusesCountersFromTheLimitOnAndStaysAsItWas() {
        assertThat(window.accept(5)).isTrue();
        for (long counter : new long[] {LIMIT, LIMIT + 1, -2, -1}) {
            assertThat(window.accept(counter)).isFalse();
        }
        assertThat(window.accept(4)).isTrue();
        assertThat(window.accept(LIMIT - 1)).isTrue();
        assertThat(window.accept(LIMIT - 1)).isFalse();
        assertThat(window.accept(LIMIT - 2)).isTrue();
        assertThat(window.accept(LIMIT)).isFalse();
    }

    @Test
    void limitIsThePapers() {
        assertThat(Long.toUnsignedString(LIMIT)).isEqualTo("18446744073709543423");
    }

    @Test
    void agreesWithASetOfAllCounters() {
        for (long seed = 0; seed < 50; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            ReplayWindow tested = new ReplayWindow();
            Set<Long> accepted = new HashSet<>();
            long highest = 0;
            for (int i = 0; i < 20_000; i++) {
                long around =
                        switch (random.nextInt(100)) {
                            case 0 -> random.nextLong(30_000);
                            case 1 -> -random.nextLong(10_000);
                            case 2 -> random.nextLong(7_000, 9_000);
                            case 3 -> -8128 + random.nextLong(-70, 70);
                            default -> random.nextLong(-300, 20);
                        };
                long counter = Math.max(0, highest + around);
                boolean expected = counter >= highest - 8128 && accepted.add(counter);
                assertThat(tested.accept(counter)).isEqualTo(expected);
                highest = Math.max(highest, counter);
            }
        }
    }
}
