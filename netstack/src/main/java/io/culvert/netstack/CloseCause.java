package io.culvert.netstack;

/** Why a connection is over. */
public enum CloseCause {
    /** Both sides closed in order. */
    CLOSED,
    /** The peer reset it. */
    RESET,
    /** The peer refused it with a reset before it was established. */
    REFUSED,
    /** The peer no longer answered. */
    TIMEOUT,
    /**
     * The network said that the destination can't be reached, or the stack has no address for it.
     */
    UNREACHABLE,
    /** This side aborted it. */
    ABORTED
}
