package io.culvert.tunnel;

import io.culvert.wireguard.Device;
import io.netty.buffer.ByteBuf;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One connection to the management interface, as bytes in and bytes out: any number of operations
 * one after the other, each a line that names it, its lines, and an empty line, each answered once
 * it ended, with {@code errno} last. Pure; on the device's thread.
 *
 * <p>Failures of {@code set} are negative, as in wireguard-go, because {@code wg} turns the sign;
 * those of {@code get} positive, which is all that {@code wg} reads there.
 */
final class UapiSession {
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final Device device;
    private final UapiSocketSettings sockets;
    private final String name;
    private final UapiLine line = new UapiLine();
    private Operation operation = Operation.NONE;
    private @Nullable UapiSet set;
    private @Nullable UapiErrno failure;
    private int lineNumber;

    /** The operation ended; its reply is not yet written. */
    private boolean replying;

    private @Nullable UapiGet get;
    private boolean refused;

    private enum Operation {
        NONE,
        GET,
        SET
    }

    /**
     * A session at its beginning.
     *
     * @param name of the interface, for the log
     */
    UapiSession(Device device, UapiSocketSettings sockets, String name) {
        this.device = device;
        this.sockets = sockets;
        this.name = name;
    }

    /**
     * Takes lines until there are no more or a reply has to be written first ({@link #hasReply}),
     * and does what they say. What was taken has not been kept and may be wiped.
     */
    void read(ByteBuf in, long now) {
        while (in.isReadable() && !replying && !refused) {
            if (line.take(in)) {
                line(now);
                line.clear();
            }
        }
    }

    /**
     * The client sends no more. An operation ends with it, unless it is in the middle of a line.
     */
    void endOfInput(long now) {
        if (replying || refused) {
            return;
        }
        boolean cut = !line.isEmpty() || line.isTooLong();
        line.clear();
        if (operation == Operation.NONE) {
            if (cut) {
                refuse();
            }
            return;
        }
        if (cut) {
            fail(UapiErrno.EIO, "the request ends in the middle of a line");
        }
        endOperation(now);
    }

    /** Whether {@link #writeReply} has something to write, before which nothing is read. */
    boolean hasReply() {
        return replying;
    }

    /** Whether what the client wants is no operation: the connection has to be closed. */
    boolean isRefused() {
        return refused;
    }

    /** Appends the reply, or its next part, a little more than {@code bytes}. */
    void writeReply(ByteBuf out, int bytes) {
        if (get != null && !get.write(out, bytes)) {
            return;
        }
        int errno = failure == null ? 0 : failure.number();
        String end = "errno=" + (operation == Operation.SET ? -errno : errno) + "\n\n";
        out.writeCharSequence(end, StandardCharsets.US_ASCII);
        operation = Operation.NONE;
        get = null;
        set = null;
        failure = null;
        lineNumber = 0;
        replying = false;
    }

    /** The connection is gone: forgets what was read. Lines before it stay in effect. */
    void close() {
        line.clear();
        set = null;
        get = null;
        replying = false;
        refused = true;
    }

    private void line(long now) {
        lineNumber++;
        if (operation == Operation.NONE) {
            begin();
        } else if (line.isEmpty()) {
            endOperation(now);
        } else if (failure == null) {
            apply(now);
        }
    }

    private void begin() {
        if (line.is("get=1")) {
            operation = Operation.GET;
        } else if (line.is("set=1")) {
            operation = Operation.SET;
            set = new UapiSet(device, sockets);
        } else {
            refuse();
        }
    }

    private void refuse() {
        refused = true;
        LOG.log(
                Level.WARNING,
                "uapi {0}: a request begins with neither get=1 nor set=1, connection closed",
                name);
    }

    private void apply(long now) {
        if (line.isTooLong()) {
            fail(UapiErrno.EINVAL, "longer than " + UapiLine.CAPACITY + " bytes");
        } else if (set == null) {
            fail(UapiErrno.EINVAL, "get takes no keys");
        } else {
            try {
                set.line(line, now);
            } catch (UapiException e) {
                fail(e.errno(), String.valueOf(e.getMessage()));
            } catch (RuntimeException e) { // a mistake of ours must not end the tunnel
                LOG.log(Level.ERROR, "uapi " + name, e);
                fail(UapiErrno.ENOANO, "failed unexpectedly");
            }
        }
    }

    private void fail(UapiErrno errno, String sentence) {
        if (failure != null) {
            return;
        }
        failure = errno;
        LOG.log(
                Level.WARNING,
                "uapi {0}: line {1} of a {2}: {3}",
                name,
                lineNumber,
                operation == Operation.SET ? "set" : "get",
                sentence);
    }

    private void endOperation(long now) {
        replying = true;
        if (failure != null) {
            return;
        }
        if (set == null) {
            get = new UapiGet(device, sockets);
        } else {
            set.end(now);
        }
    }
}
