package io.culvert.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CompareRatiosTest {
    private static String run(double scale) {
        LoadReport report = new LoadReport("go+go", "culvert+go", "culvert+culvert");
        report.fact("a fact", "with \"quotes\" and {braces}");
        report.heading("TCP");
        report.row(
                "1 stream up",
                "Mb/s",
                List.of(
                        List.of(100.0, 90.0, 110.0),
                        List.of(100 * scale, 101 * scale, 99 * scale),
                        List.of(Double.NaN)));
        report.row("1 stream up: CPU", "ns/byte", List.of(List.of(2.0), List.of(), List.of(1.0)));
        return report.json();
    }

    @Test
    void dividesTheNewMedianByTheOld() {
        CompareRatios ratios = CompareRatios.of(run(1), run(1.5));
        assertThat(ratios.sides()).containsExactly("go+go", "culvert+go", "culvert+culvert");
        assertThat(ratios.rows())
                .extracting(CompareRatios.Row::name)
                .containsExactly("1 stream up", "1 stream up: CPU");
        var streams = ratios.rows().getFirst().ratios();
        assertThat(streams.get("culvert+go")).isEqualTo(new CompareRatios.Ratio(1.5, true));
        assertThat(streams.get("go+go")).isEqualTo(new CompareRatios.Ratio(1, false));
    }

    @Test
    void hasNoRatioOfWhatFailed() {
        CompareRatios ratios = CompareRatios.of(run(1), run(1));
        assertThat(ratios.rows().getFirst().ratios().get("culvert+culvert").toString()).isEmpty();
        assertThat(ratios.rows().getLast().ratios().get("culvert+go").toString()).isEmpty();
        assertThat(ratios.table()).contains("1 stream up: CPU").doesNotContain("NaN");
    }

    @Test
    void leavesOutWhatOnlyOneRunHas() {
        LoadReport other = new LoadReport("culvert+go");
        other.row("1 stream up", "Mb/s", List.of(List.of(50.0)));
        other.row("1 stream down", "Mb/s", List.of(List.of(50.0)));
        CompareRatios ratios = CompareRatios.of(other.json(), run(1));
        assertThat(ratios.sides()).containsExactly("culvert+go");
        assertThat(ratios.rows()).hasSize(1);
        assertThat(ratios.rows().getFirst().ratios().get("culvert+go").value()).isEqualTo(2);
    }
}
