package io.culvert.proxy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The processes that a rule's {@code process} means. Immutable.
 *
 * @param names of programs
 * @param paths of programs
 * @param folders that programs are in, at any depth, each with a slash at its end
 * @param self whether this very process is meant
 */
record ProcessSet(Set<String> names, Set<String> paths, List<String> folders, boolean self) {

    /** Xray's words for itself; a Culvert has no program of its own, so both mean this process. */
    private static final Set<String> SELF = Set.of("self/", "xray/");

    private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:/.*");

    /** Reads a list of names, paths, and folders. */
    static ProcessSet read(List<ConfigNode> entries, Problems problems) {
        Set<String> names = new HashSet<>();
        Set<String> paths = new HashSet<>();
        List<String> folders = new ArrayList<>();
        boolean self = false;
        for (ConfigNode entry : entries) {
            String text = entry.string(problems, "").replace('\\', '/');
            if (SELF.contains(text)) {
                self = true;
            } else if (text.startsWith("/") || DRIVE.matcher(text).matches()) {
                if (text.endsWith("/")) {
                    folders.add(text);
                } else {
                    paths.add(text);
                }
            } else if (text.isEmpty() || text.contains("/")) {
                problems.error(
                        entry,
                        "must be the name of a program, its path from the root, or a directory's"
                                + " with / at the end, not \""
                                + text
                                + "\"");
            } else {
                names.add(text.endsWith(".exe") ? text.substring(0, text.length() - 4) : text);
            }
        }
        return new ProcessSet(Set.copyOf(names), Set.copyOf(paths), List.copyOf(folders), self);
    }

    boolean contains(LocalProcess process) {
        return (self && process.isSelf())
                || names.contains(process.name())
                || paths.contains(process.path())
                || folders.stream().anyMatch(process.path()::startsWith);
    }
}
