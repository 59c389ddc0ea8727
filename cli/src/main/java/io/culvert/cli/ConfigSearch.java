package io.culvert.cli;

import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the files that a command line means, as Xray does: those it names, then those of a
 * directory by name; if there are none, {@code config.json} and its like where the program was
 * started, then {@code config.json} where the environment says, then standard input.
 */
final class ConfigSearch {
    private static final String DIRECTORY_VARIABLE = "XRAY_LOCATION_CONFDIR";
    private static final String FILE_VARIABLE = "XRAY_LOCATION_CONFIG";
    private static final List<String> USUAL_NAMES =
            List.of("config.json", "config.jsonc", "config.toml", "config.yaml", "config.yml");

    private final Path here;
    private final UnaryOperator<@Nullable String> environment;

    /**
     * A search.
     *
     * @param here where the program was started
     */
    ConfigSearch(Path here, UnaryOperator<@Nullable String> environment) {
        this.here = here;
        this.environment = environment;
    }

    /**
     * The files, in the order in which they count; empty if (reported) there are none.
     *
     * @param named those of {@code -c}
     * @param directory that of {@code -confdir}
     * @param format which files of a directory are meant
     */
    List<Path> find(
            List<Path> named, @Nullable Path directory, ConfigFormat format, Problems problems) {
        List<Path> files = new ArrayList<>(named);
        if (directory != null) {
            List<Path> inside = filesOf(directory, format, problems);
            if (inside.isEmpty() && !problems.hasErrors()) {
                problems.error(
                        new Place(directory.toString(), 0, 0, ""),
                        "holds no configuration: no file there ends in " + format.shownEndings());
            }
            files.addAll(inside);
        } else {
            Path usual = variable(DIRECTORY_VARIABLE);
            if (usual != null && Files.isDirectory(usual)) {
                files.addAll(filesOf(usual, format, problems));
            }
        }
        if (files.isEmpty() && !problems.hasErrors()) {
            files.add(usualFile());
        }
        return problems.hasErrors() ? List.of() : files;
    }

    private Path usualFile() {
        for (String name : USUAL_NAMES) {
            if (Files.isRegularFile(here.resolve(name))) {
                return Path.of(name);
            }
        }
        Path elsewhere = variable(FILE_VARIABLE);
        if (elsewhere != null && Files.isRegularFile(elsewhere.resolve("config.json"))) {
            return elsewhere.resolve("config.json");
        }
        return ConfigSource.STANDARD_INPUT;
    }

    /** Xray takes a variable's name in capitals and with dots. */
    private @Nullable Path variable(String name) {
        String value = environment.apply(name);
        if (value == null) {
            value = environment.apply(name.toLowerCase(Locale.ROOT).replace('_', '.'));
        }
        return value == null || value.isEmpty() ? null : Path.of(value);
    }

    private static List<Path> filesOf(Path directory, ConfigFormat format, Problems problems) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> format.takes(file.getFileName().toString()))
                    .filter(file -> !Files.isDirectory(file))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            problems.error(
                    new Place(directory.toString(), 0, 0, ""),
                    Files.exists(directory) && !Files.isDirectory(directory)
                            ? "is not a directory"
                            : ConfigSource.reason(e, "no such directory"));
            return List.of();
        }
    }
}
