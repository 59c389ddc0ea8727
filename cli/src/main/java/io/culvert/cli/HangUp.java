package io.culvert.cli;

import java.io.FileInputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.logging.Logger;

/**
 * What SIGHUP means: read the configuration again, as every daemon does; but when the terminal that
 * the program was started in is gone, the same signal says so, and the program ends as it did.
 */
final class HangUp {
    private static final Logger LOG = Logger.getLogger(HangUp.class.getName());
    private static final String TERMINAL = "/dev/tty";

    private HangUp() {}

    /** Has each SIGHUP run this, on a thread of its own. Where there is no such signal: nothing. */
    static void handle(Runnable reload) {
        boolean hadTerminal = hasTerminal();
        // By name: the compiler warns of this class, for which there is no other.
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object hangUp = signal.getConstructor(String.class).newInstance("HUP");
            Object ours =
                    Proxy.newProxyInstance(
                            HangUp.class.getClassLoader(),
                            new Class<?>[] {handler},
                            (proxy, method, args) ->
                                    switch (method.getName()) {
                                        case "handle" -> {
                                            received(hadTerminal, reload);
                                            yield null;
                                        }
                                        case "hashCode" -> System.identityHashCode(proxy);
                                        case "equals" -> false;
                                        default -> "SIGHUP";
                                    });
            signal.getMethod("handle", signal, handler).invoke(null, hangUp, ours);
        } catch (ReflectiveOperationException e) {
            LOG.fine("SIGHUP reads nothing again: " + e);
        }
    }

    private static void received(boolean hadTerminal, Runnable reload) {
        if (hadTerminal && !hasTerminal()) {
            System.exit(ExitCode.OK);
        }
        reload.run();
    }

    private static boolean hasTerminal() {
        try (FileInputStream terminal = new FileInputStream(TERMINAL)) {
            return terminal.getFD().valid();
        } catch (IOException e) {
            return false;
        }
    }
}
