package io.culvert.proxy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Finds lists of domains and addresses in {@code geosite.dat}, {@code geoip.dat} and files like
 * them. They are looked for in the directory that the environment's {@code XRAY_LOCATION_ASSET}
 * names, next to the configuration file, and where Xray's packages put them. Used while one
 * configuration is read; each file is read once.
 */
final class GeoFiles {
    private static final List<String> VARIABLES =
            List.of("XRAY_LOCATION_ASSET", "xray.location.asset");
    private static final List<String> SYSTEM_DIRECTORIES =
            List.of("/usr/local/share/xray", "/usr/share/xray");

    private static final int LIST = 1;
    private static final int CODE = 1;

    private final UnaryOperator<@Nullable String> environment;
    private final Map<Path, Map<String, ByteBuffer>> read = new HashMap<>();

    /**
     * Nothing is read yet.
     *
     * @param environment finds the value of a variable
     */
    GeoFiles(UnaryOperator<@Nullable String> environment) {
        this.environment = environment;
    }

    /**
     * A list; null if it is (reported) not to be had.
     *
     * @param at the entry that asks for it
     * @param file its name, without a directory
     * @param code the list's name, in any case
     */
    @Nullable GeoList list(ConfigNode at, String file, String code, Problems problems) {
        if (file.isEmpty() || code.isEmpty()) {
            problems.error(at, "names no list: give one such as geosite:google or geoip:nl");
            return null;
        }
        Path path = find(at, file, problems);
        if (path == null) {
            return null;
        }
        try {
            ByteBuffer list = lists(path).get(code.toLowerCase(Locale.ROOT));
            if (list == null) {
                problems.error(at, file + " has no list \"" + code + "\"");
                return null;
            }
            return new GeoList(file + "'s list \"" + code + "\"", list);
        } catch (IOException e) {
            problems.error(at, file + " cannot be read: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            problems.error(at, file + " is not a file of lists: " + e.getMessage());
        }
        return null;
    }

    private @Nullable Path find(ConfigNode at, String file, Problems problems) {
        Path name;
        try {
            name = Path.of(file);
        } catch (InvalidPathException e) {
            name = Path.of("/");
        }
        if (name.isAbsolute() || name.getNameCount() != 1 || file.startsWith("..")) {
            problems.error(at, "\"" + file + "\" is not the name of a file without a directory");
            return null;
        }
        for (Path directory : directories(at.place())) {
            Path path = directory.resolve(name);
            if (Files.isRegularFile(path)) {
                return path;
            }
        }
        problems.error(
                at,
                "needs "
                        + file
                        + ", which is not there: put it next to this file, or into the directory"
                        + " that the environment's XRAY_LOCATION_ASSET names");
        return null;
    }

    private List<Path> directories(Place place) {
        List<Path> directories = new ArrayList<>();
        for (String variable : VARIABLES) {
            String value = environment.apply(variable);
            if (value != null && !value.isEmpty()) {
                directories.add(Path.of(value));
            }
        }
        Path parent = Path.of(place.file()).getParent();
        directories.add(parent == null ? Path.of("") : parent);
        SYSTEM_DIRECTORIES.forEach(directory -> directories.add(Path.of(directory)));
        return directories;
    }

    /** The file's lists by code in lower case, each a view of the file's bytes. */
    private Map<String, ByteBuffer> lists(Path path) throws IOException {
        Map<String, ByteBuffer> known = read.get(path);
        if (known != null) {
            return known;
        }
        Map<String, ByteBuffer> lists = new HashMap<>();
        ProtoReader file = new ProtoReader(ByteBuffer.wrap(Files.readAllBytes(path)));
        for (int field = file.next(); field != 0; field = file.next()) {
            if (field != LIST) {
                throw new IllegalArgumentException("field " + field);
            }
            ByteBuffer list = file.bytes();
            lists.putIfAbsent(code(list.duplicate()), list);
        }
        read.put(path, lists);
        return lists;
    }

    private static String code(ByteBuffer list) {
        ProtoReader reader = new ProtoReader(list);
        for (int field = reader.next(); field != 0; field = reader.next()) {
            if (field == CODE) {
                return reader.text().toLowerCase(Locale.ROOT);
            }
            reader.skip();
        }
        return "";
    }
}
