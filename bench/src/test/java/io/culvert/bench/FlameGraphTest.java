package io.culvert.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import org.junit.jupiter.api.Test;

class FlameGraphTest {
    private static final String SCRIPT =
            """
            event loop 1 4711/4712  1234.567890:    1000000 cpu-clock:ppp:
            \tffffffff81a0 do_syscall_64+0x5a ([kernel.kallsyms])
            \t7f0011223344 long io.culvert.tunnel.UdpTransport::send(int, long)+0x44 (/tmp/perf-4711.map)
            \t7f0011223300 Interpreter (/tmp/perf-4711.map)

            event loop 1 4711/4712  1234.667890:    1000000 cpu-clock:ppp:
            \t7f0011223344 long io.culvert.tunnel.UdpTransport::send(int, long)+0x10 (/tmp/perf-4711.map)
            \t7f0011223300 Interpreter (/tmp/perf-4711.map)

            VM Thread  4711  1234.767890:    1000000 cpu-clock:ppp:
            \t          7f00 [unknown] (/usr/lib/libjvm.so (deleted))
            """;

    private static FlameGraph graph() throws IOException {
        return FlameGraph.read(new BufferedReader(new StringReader(SCRIPT)));
    }

    @Test
    void foldsStacksUnderTheirThread() throws IOException {
        String send =
                "event loop 1;Interpreter;long io.culvert.tunnel.UdpTransport::send(int, long)";
        assertThat(graph().folded().lines())
                .containsExactly("VM Thread;[unknown] 1", send + " 1", send + ";do_syscall_64 1");
    }

    @Test
    void widthIsTheShareOfSamples() throws IOException {
        assertThat(graph().svg())
                .contains(
                        "<title>all: 3, 100.00 %</title><rect x=\"0.0\" y=\"68\" width=\"1600.0\"")
                .contains(
                        "<title>Interpreter: 2, 66.67 %</title><rect x=\"533.3\" y=\"34\" width=\"1066.7\"")
                .contains(
                        "<title>do_syscall_64: 1, 33.33 %</title><rect x=\"533.3\" y=\"0\" width=\"533.3\"")
                .startsWith("<svg ")
                .endsWith("</svg>\n");
    }
}
