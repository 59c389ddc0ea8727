package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a cookie holds, for how long, and for whom. */
class SynCookiesTest {
    private static final TcpAddresses FLOW = new TcpAddresses(0, 1, 0, 2, 80 << 16 | 5000, 0);

    private final SynCookies cookies =
            new SynCookies(SipHash.derive(new byte[32], 1), new TcpCounters());

    @ParameterizedTest
    @CsvSource({
        "48, 48",
        "500, 48",
        "536, 536",
        "1380, 1380",
        "1459, 1440",
        "1460, 1460",
        "8960, 1460"
    })
    void roundsTheMssDown(int offered, int remembered) {
        int cookie = cookies.make(FLOW, 7, offered, true, 0);
        assertThat(SynCookies.mss(cookie)).isEqualTo(remembered);
        assertThat(SynCookies.isTimed(cookie)).isTrue();
        assertThat(SynCookies.isTimed(cookies.make(FLOW, 7, offered, false, 0))).isFalse();
    }

    @Test
    void isGoodForTwoPeriodsWheneverItWasMade() {
        for (long start = -40; start < 40; start++) {
            long made = start * SynCookies.PERIOD / 2 + 1;
            int cookie = cookies.make(FLOW, 7, 1380, true, made);
            assertThat(cookies.isValid(FLOW, 7, cookie, made)).isTrue();
            assertThat(cookies.isValid(FLOW, 7, cookie, made + SynCookies.PERIOD)).isTrue();
            assertThat(cookies.isValid(FLOW, 7, cookie, made + 2 * SynCookies.PERIOD)).isFalse();
            assertThat(cookies.isValid(FLOW, 7, cookie, made + 16 * SynCookies.PERIOD)).isFalse();
            assertThat(cookies.areOut(made + SynCookies.PERIOD)).isTrue();
            assertThat(cookies.areOut(made + 2 * SynCookies.PERIOD)).isFalse();
        }
    }

    @Test
    void isGoodForItsClientAndSynOnly() {
        int cookie = cookies.make(FLOW, 7, 1380, true, 0);
        assertThat(cookies.isValid(FLOW, 8, cookie, 0)).isFalse();
        TcpAddresses other = new TcpAddresses(0, 1, 0, 2, 80 << 16 | 5001, 0);
        assertThat(cookies.isValid(other, 7, cookie, 0)).isFalse();
        TcpAddresses third = new TcpAddresses(0, 1, 0, 3, 80 << 16 | 5000, 0);
        assertThat(cookies.isValid(third, 7, cookie, 0)).isFalse();
        for (int bit = 0; bit < 32; bit++) {
            assertThat(cookies.isValid(FLOW, 7, cookie ^ 1 << bit, 0)).as("bit %s", bit).isFalse();
        }
    }

    @Test
    void keepsOptionsInATimestampThatIsNeverAheadOfTime() {
        Random random = new Random(5);
        for (int i = 0; i < 10_000; i++) {
            int exact = random.nextInt();
            int scale = random.nextInt(17) - 1;
            boolean sack = random.nextBoolean();
            int stamp = SynCookies.timestamp(exact, scale, sack);
            assertThat(exact - stamp).isBetween(0, 63);
            assertThat(SynCookies.windowScale(stamp)).isEqualTo(Math.min(scale, 14));
            assertThat(SynCookies.sackPermitted(stamp)).isEqualTo(sack);
        }
    }
}
