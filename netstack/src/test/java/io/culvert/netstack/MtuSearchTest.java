package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The order in which sizes are tried, and what makes one fail. */
class MtuSearchTest {
    private final MtuSearch search = new MtuSearch();
    private int probes;

    /** Runs the search on a path that takes {@code pathMtu}; returns the size it ends with. */
    private int run(int low, int high, int pathMtu) {
        search.begin(low, high, 0);
        int passes = low;
        while (search.wantsProbe()) {
            int size = search.next();
            search.sent(probes++);
            assertThat(search.underWay()).isEqualTo(size);
            if (size <= pathMtu) {
                passes = search.delivered();
                assertThat(passes).isEqualTo(size);
            } else {
                search.lost();
            }
        }
        return passes;
    }

    @ParameterizedTest
    @ValueSource(ints = {1064, 1065, 1071, 1072, 1100, 1280, 1300, 1411, 1412, 1419})
    void endsLessThanEightBytesBelowWhatPasses(int pathMtu) {
        assertThat(run(1064, 1420, pathMtu)).isBetween(pathMtu - 7, pathMtu);
        assertThat(probes).isLessThanOrEqualTo(7 * MtuSearch.MAX_PROBES);
        assertThat(search.isActive()).isFalse();
    }

    @Test
    void triesTheLargestFirst() {
        assertThat(run(1064, 9000, 9000)).isEqualTo(9000);
        assertThat(probes).isEqualTo(1);
    }

    @Test
    void givesASizeUpAfterThreeLossesInARow() {
        search.begin(1000, 1400, 0);
        for (int i = 0; i < 2; i++) {
            search.sent(i);
            search.lost();
            assertThat(search.next()).isEqualTo(1400);
        }
        search.sent(2);
        search.lost();
        assertThat(search.next()).isEqualTo(1200);
    }

    @Test
    void countsLossesFromBefore() {
        search.begin(1000, 1400, MtuSearch.MAX_PROBES - 1);
        search.sent(0);
        search.lost();
        assertThat(search.next()).isEqualTo(1200);
        search.sent(1);
        search.lost();
        assertThat(search.next()).as("a new size begins at 0").isEqualTo(1200);
    }

    @Test
    void takesARoutersWordForTheNextSize() {
        search.begin(1000, 1400, 0);
        search.sent(7);
        search.told(1300);
        assertThat(search.isProbe(7)).isFalse();
        assertThat(search.next()).isEqualTo(1300);
        search.sent(8);
        assertThat(search.delivered()).isEqualTo(1300);
        assertThat(search.isActive()).isFalse();
    }

    @Test
    void hasOneProbeUnderWayAtMost() {
        search.begin(1000, 1400, 0);
        search.sent(5);
        assertThat(search.wantsProbe()).isFalse();
        assertThat(search.isProbe(5)).isTrue();
        search.stop();
        assertThat(search.isProbe(5)).isFalse();
        assertThat(search.underWay()).isZero();
    }

    @Test
    void isNoWorkForAFewBytes() {
        search.begin(1413, 1420, 0);
        assertThat(search.isActive()).isFalse();
    }

    @Test
    void beginsForAGainOfEightBytesAndSaysWhetherItGoesOn() {
        search.begin(1412, 1420, 0);
        assertThat(search.isActive()).isTrue();
        assertThat(search.wantsProbe()).isTrue();
        assertThat(search.underWay()).isZero();
        search.sent(1);
        assertThat(search.delivered()).isEqualTo(1420);
        assertThat(search.isActive()).isFalse();
        assertThat(search.wantsProbe()).isFalse();
    }

    @Test
    void halvesAreRoundedUpSoThatEachStepIsAGain() {
        search.begin(1000, 1399, MtuSearch.MAX_PROBES - 1);
        search.sent(0);
        search.lost();
        assertThat(search.next()).as("of 1000 and 1398").isEqualTo(1199);
        search.sent(1);
        assertThat(search.delivered()).isEqualTo(1199);
        assertThat(search.next()).as("of 1199 and 1398").isEqualTo(1299);
        assertThat(search.isActive()).isTrue();
    }

    @Test
    void aProbeThatArrivedEndsTheRowOfLosses() {
        search.begin(1000, 1400, 0);
        for (int i = 0; i < MtuSearch.MAX_PROBES; i++) {
            search.sent(i);
            search.lost();
        }
        search.sent(3);
        search.lost();
        search.sent(4);
        search.lost();
        search.sent(5);
        search.delivered();
        search.sent(6);
        search.lost();
        assertThat(search.next()).as("lost once").isEqualTo(1300);
    }

    @Test
    void aRouterThatNamesLessThanWhatPassesEndsTheSearch() {
        search.begin(1000, 1400, 0);
        search.sent(7);
        search.told(900);
        assertThat(search.isActive()).isFalse();
        assertThat(search.wantsProbe()).isFalse();
        search.begin(1000, 1400, 0);
        search.told(1008);
        assertThat(search.isActive()).as("eight bytes more").isTrue();
        search.told(1007);
        assertThat(search.isActive()).isFalse();
    }
}
