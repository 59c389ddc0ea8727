package io.culvert.cli;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/**
 * Takes the process's standard error back. {@code ./culvert} starts the JVM with a filter there,
 * because the JDK announces incubator modules without a switch against it, and lends the real one
 * as another descriptor. Where this fails, the filter simply stays: it hands on everything else.
 */
final class StandardError {
    /** The descriptor lent, as a system property; absent when the program was started otherwise. */
    private static final String LENT = "culvert.stderr";

    private static final int STDERR = 2;

    private StandardError() {}

    static void takeBack() {
        Integer lent = Integer.getInteger(LENT);
        if (lent != null) {
            try {
                call("dup2", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT))
                        .invoke(lent.intValue(), STDERR);
                call("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT)).invoke(lent.intValue());
            } catch (Throwable e) {
                System.getLogger("io.culvert.cli")
                        .log(System.Logger.Level.DEBUG, "standard error stays filtered", e);
            }
        }
    }

    private static MethodHandle call(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }
}
