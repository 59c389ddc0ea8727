package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Odd segments are put to the kernel's TCP and to ours, by the same hand. The answers are the same,
 * field by field, but for the {@link DeclaredDifferences}.
 */
@Timeout(60)
class KernelSegmentsInteropTest {
    private static @Nullable KernelHost kernel;
    private static final DeclaredDifferences DECLARED = new DeclaredDifferences();
    private static int port = 10_000;

    @BeforeAll
    static void start() {
        KernelHost host = KernelHost.start(1420);
        kernel = host;
        // A slow test is not to see retransmissions, and each odd segment is to be answered.
        for (boolean v6 : new boolean[] {false, true}) {
            host.route(KernelHost.ours(v6), "rto_min", "10s");
        }
        host.set("ipv4/tcp_invalid_ratelimit", "0");
    }

    @AfterAll
    static void stop() {
        if (kernel != null) {
            kernel.close();
        }
    }

    static Stream<ProbeRow> rows() {
        return Stream.of(OpeningRows.all(), EstablishedRows.all(), ClosingRows.all())
                .flatMap(List::stream);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void answersAsTheKernelDoes(ProbeRow row) {
        compare(row, false);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void answersAsTheKernelDoesOverIpv6(ProbeRow row) {
        compare(row, true);
    }

    @Test
    void everyDeclaredDifferenceIsOfARow() {
        assertThat(rows().map(ProbeRow::name)).containsAll(DECLARED.rows()).doesNotHaveDuplicates();
    }

    private static void compare(ProbeRow row, boolean v6) {
        List<String> ours = transcript(new StackSubject(), row, v6, ++port);
        KernelHost host = Objects.requireNonNull(kernel);
        List<String> kernels = transcript(new KernelSubject(host, v6, port), row, v6, port);
        DeclaredDifferences.Difference declared = DECLARED.of(row);
        if (declared == null) {
            assertThat(ours).isEqualTo(kernels);
        } else {
            assertThat(ours).as(declared.reason()).isEqualTo(declared.ours());
        }
    }

    private static List<String> transcript(
            Subject subject, ProbeRow row, boolean v6, int fromPort) {
        try {
            Probe probe = new Probe(subject, v6, fromPort);
            row.script().accept(probe);
            return probe.transcript();
        } finally {
            subject.forget();
        }
    }
}
