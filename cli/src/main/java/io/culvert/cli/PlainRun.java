package io.culvert.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The command line that services have, {@code run -c FILE}, understood without picocli: its classes
 * are too old for an AOT cache, and loading them from the jar is an eighth of a start.
 */
final class PlainRun {
    private PlainRun() {}

    /**
     * Which file it names; null if these arguments are anything else, or wrong: then picocli has
     * them.
     */
    static @Nullable Path file(String... arguments) {
        if (arguments.length != 3
                || !arguments[0].equals("run")
                || !ConfigOptions.isFileOption(arguments[1])
                || !isPlain(arguments[2])) {
            return null;
        }
        try {
            return Path.of(arguments[2]);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    /** Neither an option nor a file of arguments, nor quoted. */
    private static boolean isPlain(String argument) {
        return !argument.isEmpty() && "-@\"'".indexOf(argument.charAt(0)) < 0;
    }
}
