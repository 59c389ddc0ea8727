package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThatNoException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The fuzz targets without a fuzzer: all inputs that fuzzing found worth keeping ({@code ./fuzz}),
 * and some new ones that are the same in every run.
 */
class FuzzCorpusTest {
    private static final Path CORPORA =
            Path.of(System.getProperty("culvert.root"), "netstack/src/test/resources/fuzz");
    private static final int FRESH_INPUTS = 100;

    @TestFactory
    Stream<DynamicContainer> holdForEveryInput() {
        return Stream.of(
                target("IpInputFuzz", IpInputFuzz::fuzzerTestOneInput),
                target("TcpOptionsFuzz", TcpOptionsFuzz::fuzzerTestOneInput),
                target("TcpConnectionFuzz", TcpConnectionFuzz::fuzzerTestOneInput),
                target("TcpOpenFuzz", TcpOpenFuzz::fuzzerTestOneInput),
                target("IcmpFuzz", IcmpFuzz::fuzzerTestOneInput),
                target("ReassemblyFuzz", ReassemblyFuzz::fuzzerTestOneInput),
                target("UdpFuzz", UdpFuzz::fuzzerTestOneInput));
    }

    private static DynamicContainer target(String name, Consumer<byte[]> target) {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path input : corpus(name)) {
            tests.add(
                    DynamicTest.dynamicTest(
                            input.getFileName().toString(),
                            () ->
                                    assertThatNoException()
                                            .isThrownBy(() -> target.accept(read(input)))));
        }
        tests.add(DynamicTest.dynamicTest("new inputs", () -> fresh(target)));
        return DynamicContainer.dynamicContainer(name, tests);
    }

    private static void fresh(Consumer<byte[]> target) {
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < FRESH_INPUTS; i++) {
            byte[] input = new byte[random.nextInt(1, 400)];
            random.nextBytes(input);
            assertThatNoException().isThrownBy(() -> target.accept(input));
        }
    }

    private static List<Path> corpus(String name) {
        try (Stream<Path> files = Files.list(CORPORA.resolve(name))) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
