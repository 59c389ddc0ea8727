package io.culvert.tunnel;

import java.io.IOException;

/** A tunnel couldn't be opened: the message is one sentence that says why. */
public final class TunnelException extends IOException {
    private static final long serialVersionUID = 1;

    TunnelException(String message, Throwable cause) {
        super(message, cause);
    }
}
