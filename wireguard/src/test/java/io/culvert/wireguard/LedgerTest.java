package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code LEDGER.md} names tests that are there, for every item of the protocol. */
class LedgerTest {
    private static final Path ROOT = Path.of(System.getProperty("culvert.root"));
    private static final Pattern ROW =
            Pattern.compile("^\\| (A[\\d.]+) \\| [^|]+ \\| ([^|]+) \\|$", Pattern.MULTILINE);
    private static final Pattern IS_TEST =
            Pattern.compile("@(Test|ParameterizedTest|RepeatedTest|TestFactory)\\b");
    private static final String NONE = "n/a: ";

    /** Sections with a rule of their own, and how many numbered items each has. */
    private static final List<String> WHOLE_SECTIONS = List.of("A2", "A4", "A6", "A7", "A9", "A13");

    private static final Map<String, Integer> NUMBERED =
            Map.of(
                    "A1", 13, "A2", 4, "A3", 9, "A4", 2, "A5", 12, "A7", 12, "A8", 7, "A10", 11,
                    "A11", 7, "A12", 11);

    private final Map<String, String> rows = rows();

    @Test
    void everyItemHasARow() {
        List<String> items = new ArrayList<>(WHOLE_SECTIONS);
        NUMBERED.forEach((section, count) -> {
            for (int i = 1; i <= count; i++) {
                items.add(section + "." + i);
            }
        });
        assertThat(rows.keySet()).containsExactlyInAnyOrderElementsOf(items);
    }

    @Test
    void everyNamedTestIsATest() {
        Map<String, List<String>> sources = testSources();
        Map<String, String> gone = new LinkedHashMap<>();
        rows.forEach((item, tests) -> {
            if (tests.startsWith(NONE)) {
                return;
            }
            for (String test : tests.split(", ", -1)) {
                if (!isTest(test, sources)) {
                    gone.put(item, test);
                }
            }
        });
        assertThat(gone).as("items, and tests named for them that are none").isEmpty();
    }

    @Test
    void seesWhenATestIsGone() {
        Map<String, List<String>> sources =
                Map.of("XTest", List.of("    @Test\n    void a() {}\n\n    void b() {}\n"));
        assertThat(isTest("XTest.a", sources)).isTrue();
        assertThat(isTest("XTest.b", sources)).isFalse();
        assertThat(isTest("XTest.c", sources)).isFalse();
        assertThat(isTest("YTest.a", sources)).isFalse();
    }

    /** The annotations of a method stand between it and the empty line before. */
    private static boolean isTest(String name, Map<String, List<String>> sources) {
        int dot = name.indexOf('.');
        Pattern method = Pattern.compile("\\n[^\\n=;*]* " + name.substring(dot + 1) + "\\(");
        for (String source : sources.getOrDefault(name.substring(0, Math.max(dot, 0)), List.of())) {
            Matcher found = method.matcher(source);
            if (found.find()) {
                int from = source.lastIndexOf("\n\n", found.start());
                if (IS_TEST.matcher(source.substring(Math.max(from, 0), found.start())).find()) {
                    return true;
                }
            }
        }
        return false;
    }

    private static Map<String, String> rows() {
        Map<String, String> rows = new LinkedHashMap<>();
        Matcher row = ROW.matcher(read(ROOT.resolve("wireguard/LEDGER.md")));
        while (row.find()) {
            assertThat(rows.put(row.group(1), row.group(2)))
                    .as("row %s twice", row.group(1))
                    .isNull();
        }
        return rows;
    }

    /** By simple name of the class; two modules may have one of the same name. */
    private static Map<String, List<String>> testSources() {
        Map<String, List<String>> sources = new HashMap<>();
        for (String module : List.of("crypto", "wireguard", "tunnel", "simnet", "interop")) {
            Path tree = ROOT.resolve(module).resolve("src/test/java");
            if (!Files.isDirectory(tree)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(tree)) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .forEach(file -> {
                            String name = file.getFileName().toString();
                            sources.computeIfAbsent(
                                            name.substring(0, name.length() - 5),
                                            any -> new ArrayList<>())
                                    .add(read(file));
                        });
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
        return sources;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
