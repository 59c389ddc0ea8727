package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/** Something with news for its user; a link of {@link Events}. */
abstract class Deliverable {
    /** Waiting in {@link Events}. */
    boolean queued;

    @Nullable Deliverable nextDeliverable;

    /**
     * Tells the user's handler. Called with the engine's state whole, so every API call is allowed.
     */
    abstract void deliver();
}
