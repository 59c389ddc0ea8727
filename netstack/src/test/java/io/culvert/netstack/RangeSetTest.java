package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RangeSetTest {
    private static final int SIZE = 400;

    @Test
    void isWhatABitSetWouldBe() {
        for (int seed = 0; seed < 200; seed++) {
            Random r = new Random(seed);
            RangeSet ranges = new RangeSet(1000);
            BitSet bits = new BitSet();
            for (int step = 0; step < 60; step++) {
                if (r.nextInt(8) == 0) {
                    int before = r.nextInt(SIZE);
                    ranges.removeBefore(before);
                    bits.clear(0, before);
                } else {
                    int from = r.nextInt(SIZE);
                    int to = from + 1 + r.nextInt(30);
                    assertThat(ranges.add(from, to)).isTrue();
                    bits.set(from, to);
                }
                compare(ranges, bits, r);
            }
        }
    }

    private static void compare(RangeSet ranges, BitSet bits, Random r) {
        int n = 0;
        int at = bits.nextSetBit(0);
        while (at >= 0) {
            int end = bits.nextClearBit(at);
            assertThat(ranges.from(n)).isEqualTo(at);
            assertThat(ranges.to(n)).isEqualTo(end);
            n++;
            at = bits.nextSetBit(end);
        }
        assertThat(ranges.count()).isEqualTo(n);
        assertThat(ranges.total()).isEqualTo(bits.cardinality());
        int from = r.nextInt(SIZE);
        int to = from + 1 + r.nextInt(10);
        assertThat(ranges.covers(from, to)).isEqualTo(bits.nextClearBit(from) >= to);
    }

    @Test
    void takesNoMoreRangesThanItsLimit() {
        RangeSet ranges = new RangeSet(3);
        assertThat(ranges.add(0, 1) && ranges.add(10, 11) && ranges.add(20, 21)).isTrue();
        assertThat(ranges.add(30, 31)).isFalse();
        assertThat(ranges.add(5, 6)).isFalse();
        assertThat(ranges.add(1, 2)).as("joins one that is there").isTrue();
        assertThat(ranges).hasToString("[0..2, 10..11, 20..21]");
        assertThat(ranges.add(0, 100)).isTrue();
        assertThat(ranges).hasToString("[0..100]");
        ranges.clear();
        assertThat(ranges.isEmpty()).isTrue();
        assertThat(ranges.total()).isZero();
    }

    @Test
    void refusesAnEmptyRange() {
        assertThatThrownBy(() -> new RangeSet(1).add(5, 5))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
