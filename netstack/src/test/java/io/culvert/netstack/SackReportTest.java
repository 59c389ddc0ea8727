package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which blocks an ACK carries, and in which order. */
class SackReportTest {
    private static final long NEXT = (1L << 32) + 100;

    private final SackReport report = new SackReport();
    private final RangeSet ranges = new RangeSet(100);

    private void store(int from, int to) {
        ranges.add(NEXT + from, NEXT + to);
        report.stored(NEXT + from);
    }

    /** The blocks that are written, relative to RCV.NXT. */
    private List<String> blocks(int limit) {
        int count = report.prepare(ranges, NEXT, limit);
        MemorySegment m = Host.segment(new byte[64]);
        report.write(m, 8);
        List<String> blocks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long from = Seq.unwrap(m.get(IpHeader.INT, 8 + 8L * i), NEXT) - NEXT;
            long to = Seq.unwrap(m.get(IpHeader.INT, 12 + 8L * i), NEXT) - NEXT;
            blocks.add(from + ".." + to);
        }
        return blocks;
    }

    @Test
    void nothingIsReportedWhereNothingIsMissing() {
        assertThat(blocks(4)).isEmpty();
        report.stored(NEXT + 10); // and was delivered since
        assertThat(blocks(4)).isEmpty();
    }

    @Test
    void theMostRecentComesFirst() {
        store(10, 20);
        store(50, 60);
        store(30, 40);
        assertThat(blocks(4)).containsExactly("30..40", "50..60", "10..20");
        store(60, 65);
        assertThat(blocks(4)).as("a range grows").containsExactly("50..65", "30..40", "10..20");
    }

    @Test
    void noMoreThanThereIsRoomForAndFourAtMost() {
        for (int i = 0; i < 6; i++) {
            store(10 + 20 * i, 20 + 20 * i);
        }
        assertThat(blocks(4)).containsExactly("110..120", "90..100", "70..80", "50..60");
        assertThat(blocks(2)).containsExactly("110..120", "90..100");
        assertThat(blocks(0)).isEmpty();
    }

    @Test
    void aRangeIsListedOnceHoweverOftenItGrew() {
        store(10, 20);
        store(40, 50);
        store(42, 44);
        store(20, 40);
        assertThat(blocks(4)).containsExactly("10..50");
    }

    @Test
    void whatWasDeliveredMeanwhileIsLeftOut() {
        store(-10, 5);
        store(30, 40);
        ranges.removeBefore(NEXT);
        assertThat(blocks(4)).containsExactly("30..40");
        report.stored(NEXT + 25); // not there any more, and what lies behind begins later
        assertThat(blocks(4)).containsExactly("30..40");
    }

    @Test
    void aDuplicateComesFirstAndOnce() {
        store(30, 40);
        assertThat(report.isPending()).isFalse();
        report.duplicate(NEXT + 30, NEXT + 35);
        assertThat(report.isPending()).isTrue();
        assertThat(blocks(3)).as("then the block around it").containsExactly("30..35", "30..40");
        assertThat(report.isPending()).isFalse();
        assertThat(blocks(3)).containsExactly("30..40");
    }

    @Test
    void aDuplicateTakesTheRoomOfABlock() {
        store(30, 40);
        store(50, 60);
        report.duplicate(NEXT - 20, NEXT - 10);
        assertThat(blocks(2)).containsExactly("-20..-10", "50..60");
    }
}
