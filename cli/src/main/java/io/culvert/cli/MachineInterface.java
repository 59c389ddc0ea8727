package io.culvert.cli;

import io.culvert.proxy.MachineTunnel;
import io.culvert.proxy.StartException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An interface as {@code culvert up} makes it, with its commands and name servers, in wg-quick's
 * order; and how all of it is undone, by whom it was made or by another.
 */
final class MachineInterface {
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
    private static final String BY_FILE = "file";
    private static final String BY_RESOLVCONF = "resolvconf";
    private static final String MADE = "made.";
    private static final String PRE_DOWN = "predown.";
    private static final String POST_DOWN = "postdown.";

    private final String name;
    private final QuickFile file;
    private final MachineTunnel tunnel;
    private final PrintWriter err;
    private final HookRunner hooks;
    private @Nullable InterfaceState state;

    MachineInterface(String name, QuickFile file, MachineTunnel tunnel, PrintWriter err) {
        this.name = name;
        this.file = file;
        this.tunnel = tunnel;
        this.err = err;
        hooks = new HookRunner(err);
    }

    /**
     * Makes everything.
     *
     * @throws IOException with one sentence, also when it is up already; then nothing is left
     * @throws StartException likewise
     */
    void up() throws IOException, StartException {
        try (var _ = InterfaceState.lock()) {
            refuseTwice();
            tunnel.open(name);
            try {
                state = InterfaceState.begin(name);
                state.list(PRE_DOWN, file.hooks().preDown());
                state.list(POST_DOWN, file.hooks().postDown());
                hooks.run(file.hooks().preUp(), name);
                tunnel.up();
                setNameServers(state);
                route(state);
                hooks.run(file.hooks().postUp(), name);
                state.ready();
            } catch (IOException | StartException | RuntimeException e) {
                undo(false);
                throw e;
            }
        }
    }

    private void refuseTwice() throws IOException {
        InterfaceState before = InterfaceState.find(name);
        if (before == null) {
            return;
        }
        long pid = before.livePid();
        if (pid != 0) {
            throw new IOException(name + " is up already, by process " + pid);
        }
        err.println("culvert: undoing what a killed process left of " + name);
        undoDead(before, err);
    }

    private void route(InterfaceState written) throws IOException, StartException {
        try {
            tunnel.route();
        } finally {
            written.list(MADE, tunnel.made());
        }
    }

    private void setNameServers(InterfaceState written) throws IOException {
        if (file.nameServers().isEmpty() && file.searchDomains().isEmpty()) {
            return;
        }
        if (HookRunner.exists(BY_RESOLVCONF)) {
            written.nameServers(BY_RESOLVCONF);
            StringBuilder lines = new StringBuilder();
            file.nameServers().forEach(s -> lines.append("nameserver ").append(s).append('\n'));
            if (!file.searchDomains().isEmpty()) {
                lines.append("search ").append(String.join(" ", file.searchDomains())).append('\n');
            }
            List<String> add = List.of(BY_RESOLVCONF, "-a", "tun." + name, "-m", "0", "-x");
            hooks.run(add, lines.toString(), String.join(" ", add));
        } else {
            written.nameServers(BY_FILE);
            resolverFile(name).set(file.nameServers(), file.searchDomains());
        }
    }

    private static ResolverFile resolverFile(String name) throws IOException {
        return new ResolverFile(RESOLV_CONF, InterfaceState.beside(name, ".resolv"), name);
    }

    /** Takes everything away again; what can't be is told. */
    void down() {
        try (var _ = InterfaceState.lock()) {
            undo(true);
        } catch (IOException e) {
            err.println("culvert: " + e.getMessage());
        }
    }

    private void undo(boolean wasUp) {
        InterfaceState written = state;
        if (wasUp) {
            hooks.runAll(file.hooks().preDown(), name);
        }
        tunnel.close();
        if (written == null) {
            return;
        }
        restoreNameServers(written, hooks, err);
        if (wasUp) {
            hooks.runAll(file.hooks().postDown(), name);
            deleteLog(name, err);
        }
        forget(written, err);
    }

    /** What a process in the background said, which is of no interest once all is undone. */
    static void deleteLog(String name, PrintWriter err) {
        try {
            Files.deleteIfExists(InterfaceState.beside(name, ".log"));
        } catch (IOException e) {
            err.println("culvert: " + e.getMessage());
        }
    }

    /** Undoes what a process left that was killed: its interface is gone, with what hung on it. */
    static void undoDead(InterfaceState state, PrintWriter err) throws IOException {
        HookRunner hooks = new HookRunner(err);
        if (state.isReady()) {
            hooks.runAll(state.list(PRE_DOWN), state.name());
        }
        MachineTunnel.undo(state.list(MADE));
        restoreNameServers(state, hooks, err);
        if (state.isReady()) {
            hooks.runAll(state.list(POST_DOWN), state.name());
        }
        forget(state, err);
    }

    private static void restoreNameServers(
            InterfaceState state, HookRunner hooks, PrintWriter err) {
        try {
            switch (state.nameServers()) {
                case BY_FILE -> resolverFile(state.name()).restore();
                case BY_RESOLVCONF -> {
                    List<String> take = List.of(BY_RESOLVCONF, "-d", "tun." + state.name(), "-f");
                    hooks.run(take, "", String.join(" ", take));
                }
                default -> {}
            }
        } catch (IOException e) {
            err.println("culvert: the name servers are not restored: " + e.getMessage());
        }
    }

    private static void forget(InterfaceState state, PrintWriter err) {
        try {
            state.delete();
        } catch (IOException e) {
            err.println("culvert: " + e.getMessage());
        }
    }
}
