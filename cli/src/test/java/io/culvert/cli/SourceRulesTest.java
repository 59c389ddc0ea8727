package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** House rules that the compiled classes don't show: what a source file may look like. */
class SourceRulesTest {
    private static final Path ROOT = Path.of(System.getProperty("culvert.root"));
    private static final int LIMIT = 400;

    /** Of a test, which is a list of cases over one fixture. */
    private static final int TEST_LIMIT = 600;

    /** A file that may be longer, and why it is better in one piece. */
    private record Longer(int lines, String reason) {}

    private static final Map<String, Longer> LONGER = Map.of();

    // In two pieces, so that this file does not contain what it looks for.
    private static final Pattern SLEEP = Pattern.compile("\\bsleep" + "\\(");

    private static final Pattern HOLDS_TESTS =
            Pattern.compile(
                    "^\\s*@(Test|ParameterizedTest|RepeatedTest|TestFactory)\\b",
                    Pattern.MULTILINE);

    private static final Pattern ABSTRACT =
            Pattern.compile("^(public )?abstract class", Pattern.MULTILINE);

    @Test
    void filesStayShort() {
        Map<String, Integer> tooLong = new TreeMap<>();
        for (String tree : List.of("main", "test")) {
            int limit = tree.equals("main") ? LIMIT : TEST_LIMIT;
            for (Path file : sources(tree)) {
                String name = ROOT.relativize(file).toString();
                Longer longer = LONGER.get(name);
                int lines = lines(file);
                if (lines > (longer == null ? limit : longer.lines())) {
                    tooLong.put(name, lines);
                }
            }
        }
        assertThat(tooLong).as("files that do too much, and their lines").isEmpty();
    }

    @Test
    void exceptionsToTheLimitAreStillNeeded() {
        LONGER.forEach((name, longer) ->
                assertThat(lines(ROOT.resolve(name)))
                        .as("%s: %s", name, longer.reason())
                        .isGreaterThan(LIMIT));
    }

    @Test
    void testsNeverSleep() {
        assertThat(sources("test").stream().filter(file -> SLEEP.matcher(text(file)).find()))
                .as("tests run in virtual time or wait for an event")
                .isEmpty();
    }

    /**
     * The build runs {@code *Test} only and would pass over any other name without a word.
     * Contracts, which are abstract, run by those that extend them.
     */
    @Test
    void classesWithTestsAreNamedTest() {
        assertThat(
                        sources("test").stream()
                                .filter(file -> HOLDS_TESTS.matcher(text(file)).find())
                                .filter(file -> !ABSTRACT.matcher(text(file)).find())
                                .map(file -> file.getFileName().toString()))
                .isNotEmpty()
                .allMatch(name -> name.endsWith("Test.java"));
    }

    private static List<Path> sources(String... trees) {
        List<Path> files = new java.util.ArrayList<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path module : modules.sorted().toList()) {
                for (String tree : trees) {
                    Path java = module.resolve("src").resolve(tree).resolve("java");
                    if (Files.isDirectory(java)) {
                        try (Stream<Path> walk = Files.walk(java)) {
                            walk.filter(p -> p.toString().endsWith(".java"))
                                    .sorted()
                                    .forEach(files::add);
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    private static int lines(Path file) {
        return (int) text(file).lines().count();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
