package io.culvert.proxy;

import io.netty.channel.ConnectTimeoutException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** A destination was not reached; says why in a way that every inbound can translate. */
final class DialException extends IOException {
    private static final long serialVersionUID = 1;

    /** Numbers of errno on Linux, as Netty's native transport puts them into its messages. */
    private static final String EACCES = "error(-13)";

    private static final String ETIMEDOUT = "error(-110)";

    private final Failure failure;
    private final transient byte @Nullable [] farewell;

    DialException(Failure failure, String message) {
        this(failure, message, null, null);
    }

    DialException(Failure failure, String message, @Nullable Throwable cause) {
        this(failure, message, cause, null);
    }

    /**
     * A failure with something to tell the client.
     *
     * @param farewell what an inbound that can only move bytes sends to the client before it closes
     */
    DialException(
            Failure failure,
            String message,
            @Nullable Throwable cause,
            byte @Nullable [] farewell) {
        super(message, cause);
        this.failure = failure;
        this.farewell = farewell;
    }

    /** Whatever a transport threw, told as a reason. */
    static DialException of(Throwable cause, Destination destination) {
        if (cause instanceof DialException already) {
            return already;
        }
        Failure failure = classify(cause);
        return new DialException(failure, describe(failure, destination, cause), cause);
    }

    Failure failure() {
        return failure;
    }

    byte @Nullable [] farewell() {
        return farewell;
    }

    private static Failure classify(Throwable cause) {
        if (cause instanceof ConnectTimeoutException) {
            return Failure.TIMEOUT;
        }
        if (cause instanceof UnknownHostException) {
            return Failure.RESOLVE;
        }
        // The message decides before the type: Netty's native transport throws ConnectException for
        // nearly every errno.
        String message = String.valueOf(cause.getMessage());
        if (message.contains("Network is unreachable")) {
            return Failure.NET_UNREACHABLE;
        }
        if (message.contains(ETIMEDOUT) || message.contains("timed out")) {
            return Failure.TIMEOUT;
        }
        if (message.contains(EACCES) || message.contains("Permission denied")) {
            return Failure.DENIED;
        }
        if (cause instanceof NoRouteToHostException) {
            return Failure.HOST_UNREACHABLE;
        }
        return cause instanceof ConnectException ? Failure.REFUSED : Failure.OTHER;
    }

    private static String describe(Failure failure, Destination to, Throwable cause) {
        return switch (failure) {
            case REFUSED -> to.authority() + " refused the connection";
            case HOST_UNREACHABLE -> "there is no way to the host " + to.authority();
            case NET_UNREACHABLE -> "there is no route to the network of " + to.authority();
            case TIMEOUT -> to.authority() + " did not answer in time";
            case RESOLVE -> "the name " + to.host() + " could not be resolved";
            case DENIED, BLACKHOLED -> to.authority() + " is not allowed";
            case OTHER -> "connecting to " + to.authority() + " failed: " + cause.getMessage();
        };
    }
}
