package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** What the interop tests need of the machine; without it they skip, saying why. */
final class Requirements {
    private static final List<String> PROGRAMS = List.of("ip", "wg", "iperf3", "curl", "ping");

    private Requirements() {}

    /**
     * Skips the test when something is missing, or fails it when {@code CULVERT_REQUIRE_INTEROP} is
     * set: a build server that silently skips would prove nothing.
     */
    static void check() {
        List<String> missing = missing(PROGRAMS);
        if (wireguardGo().isEmpty()) {
            missing.add("wireguard-go");
        }
        require(missing);
    }

    /** The same for the tests that overhear a cable and ask for names. */
    static void checkSniffer() {
        check();
        require(missing(List.of("tcpdump", "dig")));
    }

    /** The same for the tests that only hold our stack against the kernel's TCP. */
    static void checkKernel() {
        require(missing(List.of("ip", "ss")));
    }

    /** The same for the tests that have the kernel bring us what is for others. */
    static void checkNetfilter() {
        require(missing(List.of("ip", "nft")));
    }

    /** The same for the tests of our outbounds through other people's proxies. */
    static void checkProxies() {
        require(missing(List.of("microsocks", "tinyproxy")));
    }

    private static List<String> missing(List<String> programs) {
        List<String> missing = new ArrayList<>();
        if (!isRoot()) {
            missing.add("root");
        }
        for (String program : programs) {
            if (find(program).isEmpty()) {
                missing.add(program);
            }
        }
        if (!Files.exists(Path.of("/dev/net/tun"))) {
            missing.add("/dev/net/tun");
        }
        return missing;
    }

    private static void require(List<String> missing) {
        String reason = "interop needs " + String.join(", ", missing);
        if (System.getenv("CULVERT_REQUIRE_INTEROP") != null) {
            assertThat(missing).as(reason).isEmpty();
        }
        Assumptions.assumeTrue(missing.isEmpty(), reason);
    }

    /** {@code WIREGUARD_GO} if set, else the one in PATH. */
    static Optional<Path> wireguardGo() {
        String chosen = System.getenv("WIREGUARD_GO");
        return chosen != null ? Optional.of(Path.of(chosen)) : find("wireguard-go");
    }

    /**
     * That one, and the one that Go itself installed, which is newer. If there is none, a name that
     * nothing has: a test that was given it reaches {@link #check}.
     */
    static Stream<Path> everyWireguardGo() {
        Path installed = Path.of(System.getProperty("user.home"), "go", "bin", "wireguard");
        Set<Path> all = new LinkedHashSet<>();
        wireguardGo().ifPresent(all::add);
        if (Files.isExecutable(installed)) {
            all.add(installed);
        }
        return all.isEmpty() ? Stream.of(Path.of("wireguard-go")) : all.stream();
    }

    static Path newestWireguardGo() {
        return everyWireguardGo().reduce((_, last) -> last).orElseThrow();
    }

    static Optional<Path> find(String program) {
        for (String directory : System.getenv().getOrDefault("PATH", "").split(":")) {
            Path candidate = Path.of(directory, program);
            if (!directory.isEmpty() && Files.isExecutable(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private static boolean isRoot() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        } catch (IOException | UnsupportedOperationException _) {
            return false;
        }
    }
}
