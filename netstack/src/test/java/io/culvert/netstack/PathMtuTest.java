package io.culvert.netstack;

import static io.culvert.netstack.Host.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PathMtuTest {
    private static final long V6 = 0xfd00_0000_0000_0000L;
    private static final long PEER4 = IpAddress.v4(0x0a000001);
    private static final long NOW = -5 * SECOND;

    private final PathMtu paths = new PathMtu(1420, new SipHash(1, 2));

    @Test
    void isTheLinksUntilTold() {
        assertThat(paths.get(0, PEER4, NOW)).isEqualTo(1420);
        paths.lower(0, PEER4, 1300, NOW);
        assertThat(paths.get(0, PEER4, NOW)).isEqualTo(1300);
        assertThat(paths.get(0, PEER4 + 1, NOW)).isEqualTo(1420);
        assertThat(paths.get(V6, 1, NOW)).isEqualTo(1420);
    }

    @Test
    void isForgottenAfterTenMinutesExactly() {
        paths.lower(V6, 1, 1300, NOW);
        assertThat(paths.get(V6, 1, NOW + 600 * SECOND - 1)).isEqualTo(1300);
        assertThat(paths.get(V6, 1, NOW + 600 * SECOND)).isEqualTo(1420);
    }

    @Test
    void isNeverRaisedButConfirmed() {
        paths.lower(0, PEER4, 1300, NOW);
        paths.lower(0, PEER4, 1301, NOW + 300 * SECOND);
        assertThat(paths.get(0, PEER4, NOW + 599 * SECOND)).isEqualTo(1300);
        paths.lower(0, PEER4, 1300, NOW + 400 * SECOND);
        assertThat(paths.get(0, PEER4, NOW + 999 * SECOND)).isEqualTo(1300);
        paths.lower(0, PEER4, 1200, NOW + 400 * SECOND);
        assertThat(paths.get(0, PEER4, NOW + 999 * SECOND)).isEqualTo(1200);
        paths.lower(0, PEER4, 1400, NOW + 1001 * SECOND);
        assertThat(paths.get(0, PEER4, NOW + 1001 * SECOND)).as("forgotten").isEqualTo(1400);
    }

    @Test
    void hasAFloorForEachFamily() {
        paths.lower(0, PEER4, 551, NOW);
        assertThat(paths.get(0, PEER4, NOW)).isEqualTo(552);
        paths.lower(V6, 1, 1279, NOW);
        assertThat(paths.get(V6, 1, NOW)).isEqualTo(1280);
    }

    @Test
    void theNewestOfTwoInOnePlaceIsKnownAndNeitherIsTakenForTheOther() {
        for (int i = 0; i < 2000; i++) {
            paths.lower(V6 + i, 5, 1300 + i % 100, NOW);
            assertThat(paths.get(V6 + i, 5, NOW)).isEqualTo(1300 + i % 100);
        }
        int known = 0;
        for (int i = 0; i < 2000; i++) {
            int mtu = paths.get(V6 + i, 5, NOW);
            assertThat(mtu).isIn(1300 + i % 100, 1420);
            known += mtu == 1420 ? 0 : 1;
        }
        assertThat(known).as("of 256 places").isBetween(240, 256);
    }
}
