package io.culvert.netstack;

/** The right to use somebody's memory until {@link #release} is called, exactly once. */
public interface Lease {
    /** Gives the memory back. Called on the stack's thread; must not throw. */
    void release();
}
