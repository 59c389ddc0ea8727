package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
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

/** {@code LEDGER.md} names tests that are there, for every item of its complete sections. */
class LedgerTest {
    private static final Path ROOT = Path.of(System.getProperty("culvert.root"));
    private static final Pattern ROW =
            Pattern.compile("^\\| ([^|]+) \\| [^|]+ \\| ([^|]+) \\|$", Pattern.MULTILINE);
    private static final Pattern IS_TEST =
            Pattern.compile("@(Test|ParameterizedTest|RepeatedTest|TestFactory)\\b");
    private static final String HEAD = "item";
    private static final String NONE = "n/a: ";

    /**
     * Items {@code prefix + first} to {@code prefix + last}. Of a section that is not complete,
     * rows may be missing.
     */
    private record Section(String prefix, int first, int last, boolean complete) {
        static Section complete(String prefix, int first, int last) {
            return new Section(prefix, first, last, true);
        }

        static Section open(String prefix, int first, int last) {
            return new Section(prefix, first, last, false);
        }

        List<String> items() {
            List<String> items = new ArrayList<>();
            for (int i = first; i <= last; i++) {
                items.add(prefix + i);
            }
            return items;
        }
    }

    private static final List<Section> SECTIONS =
            List.of(
                    Section.complete("MUST-", 1, 69),
                    Section.open("SHLD-", 1, 31),
                    Section.complete("MAY-", 1, 2),
                    Section.complete("O", 1, 24),
                    Section.complete("S", 1, 22),
                    Section.complete("R", 1, 17),
                    Section.complete("T", 1, 31),
                    Section.complete("C", 1, 14),
                    Section.complete("I", 1, 12),
                    Section.complete("F", 1, 12),
                    Section.complete("M", 1, 10),
                    Section.complete("U", 1, 13),
                    Section.complete("e4.", 1, 58),
                    Section.complete("e4.", 59, 77),
                    Section.complete("e4.", 78, 104),
                    Section.open("bbr7.", 1, 50));

    private final Map<String, String> rows = rows();

    @Test
    void everyItemOfACompleteSectionHasARow() {
        List<String> missing = new ArrayList<>();
        for (Section section : SECTIONS) {
            if (section.complete()) {
                missing.addAll(section.items());
            }
        }
        missing.removeAll(rows.keySet());
        assertThat(missing).as("items without a row").isEmpty();
    }

    @Test
    void everyRowIsAnItem() {
        List<String> unknown = new ArrayList<>(rows.keySet());
        SECTIONS.forEach(section -> unknown.removeAll(section.items()));
        assertThat(unknown).as("rows of no item").isEmpty();
    }

    @Test
    void everyNamedTestIsATest() {
        Map<String, List<String>> sources = testSources();
        Map<String, String> gone = new LinkedHashMap<>();
        rows.forEach((item, tests) -> {
            if (tests.startsWith(NONE) && tests.length() > NONE.length()) {
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
        assertThat(isTest("", sources)).isFalse();
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
        Matcher row = ROW.matcher(read(ROOT.resolve("netstack/LEDGER.md")));
        while (row.find()) {
            if (!row.group(1).equals(HEAD)) {
                assertThat(rows.put(row.group(1), row.group(2)))
                        .as("row %s twice", row.group(1))
                        .isNull();
            }
        }
        return rows;
    }

    /** By simple name of the class; two modules may have one of the same name. */
    private static Map<String, List<String>> testSources() {
        Map<String, List<String>> sources = new HashMap<>();
        for (String module : List.of("netstack", "simnet", "tunnel", "proxy", "interop")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .forEach(file -> {
                            String name = file.getFileName().toString();
                            sources.computeIfAbsent(
                                            name.substring(0, name.length() - 5),
                                            any -> new ArrayList<>())
                                    .add(read(file));
                        });
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return sources;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
