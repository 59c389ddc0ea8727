package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThatNoException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The fuzz target without a fuzzer: all inputs that fuzzing ({@code ./fuzz}) found worth keeping.
 */
class FuzzCorpusTest {
    private static final Path CORPUS =
            Path.of(System.getProperty("culvert.root"), "tunnel/src/test/resources/fuzz/UapiFuzz");

    @TestFactory
    Stream<DynamicTest> holdsForEveryInput() throws IOException {
        try (Stream<Path> files = Files.list(CORPUS)) {
            return files.sorted().toList().stream().map(FuzzCorpusTest::test);
        }
    }

    private static DynamicTest test(Path input) {
        return DynamicTest.dynamicTest(
                input.getFileName().toString(),
                () -> {
                    byte[] bytes = Files.readAllBytes(input);
                    assertThatNoException().isThrownBy(() -> UapiFuzz.fuzzerTestOneInput(bytes));
                });
    }
}
