package io.culvert.proxy;

import org.jspecify.annotations.Nullable;

/** The proxy could not start; the message is one sentence for the user. Nothing is left open. */
public final class StartException extends Exception {
    private static final long serialVersionUID = 1;

    StartException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
