package io.culvert.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/** A server under load: its name in the table, its process, where it listens. */
record ServerProcess(String name, Process process, InetSocketAddress address) {
    /** Linux accounts processes in ticks of USER_HZ, which is 100 everywhere. */
    private static final long TICK_NANOS = 10_000_000;

    /** CPU time of all its threads, user and system, in nanoseconds to the tick. */
    long cpuNanos() {
        try {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
            // The second field is a name in parentheses, which may hold spaces.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_NANOS;
        } catch (IOException e) {
            throw new UncheckedIOException(name + " is gone", e);
        }
    }

    static long ownThreadCpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
