package io.culvert.tunnel;

import io.culvert.netstack.SendBudget;
import io.netty.util.internal.PlatformDependent;

/**
 * Netty's direct memory, whose size is the JVM's {@code -XX:MaxDirectMemorySize}: who needs more
 * than there is gets an error, which ends a connection. So everybody who keeps some for long keeps
 * to a part of it, and to the least when little is left. Thread-safe.
 */
public final class DirectMemory {
    private static final long ALL = Math.max(PlatformDependent.maxDirectMemory(), 1 << 20);

    /**
     * What the connections of all tunnels of the process may hold: what was written to them and is
     * not acknowledged. One alone may still hold the 16 MiB of its send buffer of the launcher's
     * 64.
     */
    private static final SendBudget LENT = new SendBudget(ALL / 8 * 3, DirectMemory::isShort);

    private DirectMemory() {}

    /** How much there is in all, bytes. */
    public static long size() {
        return ALL;
    }

    /**
     * Whether more than three quarters are taken. The allocator counts as taken what it keeps for
     * later, too, so this alone doesn't mean that much is in use.
     */
    public static boolean isShort() {
        return PlatformDependent.usedDirectMemory() > ALL / 4 * 3;
    }

    /**
     * The part of one tunnel.
     *
     * @param bytes that its connections may hold, if others leave as much
     */
    static SendBudget lentTo(long bytes) {
        return new SendBudget(bytes, LENT);
    }
}
