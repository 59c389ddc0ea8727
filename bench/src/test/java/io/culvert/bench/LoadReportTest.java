package io.culvert.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LoadReportTest {
    @Test
    void twoSidesHaveARatioAndATarget() {
        LoadReport report = new LoadReport("ours", "theirs");
        report.row("rate", "1/s", ">= 2", List.of(30.0, 10.0, 20.0), List.of(8.0, 12.0));
        assertThat(report.table().lines().toList())
                .last()
                .asString()
                .matches(
                        "rate +1/s +20\\.00 \\(10\\.00-30\\.00\\) +10\\.00 \\(8\\.00-12\\.00\\) +2\\.00  >= 2");
        assertThat(report.json())
                .contains(
                        "\"ours\": [30.000, 10.000, 20.000], \"theirs\": [8.000, 12.000], \"ratio\": 2.000");
    }

    @Test
    void moreSidesHaveNone() {
        LoadReport report = new LoadReport("a", "b", "c");
        report.heading("first part");
        report.row("rate", "1/s", List.of(List.of(1.0), List.of(), List.of(300.0)));
        assertThat(report.table()).contains("\nfirst part\n").doesNotContain("ratio");
        assertThat(report.table())
                .containsPattern("rate +1/s +1\\.00 \\(1\\.00-1\\.00\\) +300 \\(300-300\\)");
        assertThat(report.json())
                .contains(
                        "{\"name\": \"rate\", \"unit\": \"1/s\", \"a\": [1.000], \"b\": [], \"c\": [300.000]}")
                .doesNotContain("first part");
    }
}
