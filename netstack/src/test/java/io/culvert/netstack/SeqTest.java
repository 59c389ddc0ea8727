package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SeqTest {
    @Test
    void findsThePositionNearestToAReference() {
        Random r = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            long position = Seq.first(r.nextInt()) + (r.nextLong() & 0xffff_ffff_ffL);
            int distance = r.nextInt() >> r.nextInt(31);
            long near = position + (distance == Integer.MIN_VALUE ? 0 : distance);
            assertThat(Seq.unwrap((int) position, near)).isEqualTo(position);
        }
    }

    @Test
    void startsFarEnoughFromZeroToLookBack() {
        assertThat(Seq.first(0) - (1L << 31)).isPositive();
        assertThat((int) Seq.first(-1)).isEqualTo(-1);
        assertThat(Seq.unwrap(5, Seq.first(-3))).isEqualTo(Seq.first(-3) + 8);
    }
}
