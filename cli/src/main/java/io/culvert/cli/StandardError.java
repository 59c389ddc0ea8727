package io.culvert.cli;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.CountDownLatch;

/**
 * Takes the process's standard error back. {@code ./culvert} starts the JVM with a filter there,
 * because the JDK announces incubator modules without a switch against it, and lends the real one
 * as another descriptor. Where this fails, the filter simply stays: it hands on everything else.
 */
final class StandardError {
    /** The descriptor lent, as a system property; absent when the program was started otherwise. */
    private static final String LENT = "culvert.stderr";

    private static final int STDERR = 2;

    private static final CountDownLatch TAKEN = new CountDownLatch(1);

    private StandardError() {}

    /** Standard error, once {@link #takeBack} is through: lines must not overtake each other. */
    static OutputStream stream() {
        return new FilterOutputStream(System.err) {
            @Override
            public void write(int octet) throws IOException {
                await();
                out.write(octet);
            }

            @Override
            public void write(byte[] octets, int offset, int length) throws IOException {
                await();
                out.write(octets, offset, length);
            }
        };
    }

    private static void await() {
        boolean interrupted = false;
        while (true) {
            try {
                TAKEN.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Once, on any thread: the first native calls of a process cost some ten milliseconds. */
    static void takeBack() {
        try {
            takeBackIfLent();
        } finally {
            TAKEN.countDown();
        }
    }

    private static void takeBackIfLent() {
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
