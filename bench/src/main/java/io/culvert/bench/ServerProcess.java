package io.culvert.bench;

import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;

/** A server under load: its name in the table, its process, where it listens. */
record ServerProcess(String name, Process process, InetSocketAddress address) {
    /** CPU time of all its threads, user and system, in nanoseconds to the tick. */
    long cpuNanos() {
        return Programs.cpuNanos(process);
    }

    static long ownThreadCpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
