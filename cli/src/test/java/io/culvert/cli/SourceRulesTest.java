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
    private static final int HARD_LIMIT = 600;

    /** Files above the limit, and why each is better in one piece. */
    private static final Map<String, String> LONG_FOR_A_REASON = Map.of();

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
        for (Path file : sources("main", "test")) {
            int lines = (int) text(file).lines().count();
            String name = ROOT.relativize(file).toString();
            if (lines > (LONG_FOR_A_REASON.containsKey(name) ? HARD_LIMIT : LIMIT)) {
                tooLong.put(name, lines);
            }
        }
        assertThat(tooLong).as("files with more than %d lines", LIMIT).isEmpty();
    }

    @Test
    void exceptionsToTheLimitAreStillNeeded() {
        for (String name : LONG_FOR_A_REASON.keySet()) {
            assertThat(text(ROOT.resolve(name)).lines().count()).as(name).isGreaterThan(LIMIT);
        }
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

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
