package io.culvert.proxy;

import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * What an inbound and an outbound have in common while a proxy runs. Called outside of the event
 * loops.
 *
 * @param <S> what a file says about it
 */
interface Lifecycle<S> {

    /**
     * Begins.
     *
     * @throws StartException if it can't; {@link #close} follows
     */
    void start() throws StartException;

    /**
     * How to take over the users, be they peers or accounts, of settings that are otherwise the
     * present ones, without disturbing the others.
     *
     * @return to be run once it is certain that they count; null if it can't be done
     */
    default @Nullable Runnable update(S settings) {
        return null;
    }

    /** Ends. */
    Future<?> close();
}
