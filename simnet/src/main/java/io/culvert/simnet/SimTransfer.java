package io.culvert.simnet;

import io.culvert.netstack.TcpForwardRequest;
import java.net.InetSocketAddress;

/**
 * A connection from a client to a destination behind a server's tunnel, with bytes both ways at the
 * same time; each end is a {@link SimStream}. The server accepts after a "dial", as a dispatcher
 * does.
 */
public final class SimTransfer {
    private final SimHost client;
    private final SimHost server;
    private final InetSocketAddress destination;
    private final long dialNanos;
    private final SimStream near;
    private final SimStream far;
    private int requests;
    private long startedAt = -1;
    private long endedAt = -1;

    /**
     * A transfer that hasn't begun.
     *
     * @param services of the server, to which the destination is added; nothing else may use it
     * @param up bytes from the client to the server
     * @param down bytes from the server to the client
     * @param dialNanos time from the server's first sight of the connection to its acceptance
     */
    public SimTransfer(
            SimWorld world,
            SimHost client,
            SimHost server,
            SimServer services,
            InetSocketAddress destination,
            long up,
            long down,
            StreamHabits clientHabits,
            StreamHabits serverHabits,
            long dialNanos) {
        this.client = client;
        this.server = server;
        this.destination = destination;
        this.dialNanos = dialNanos;
        SeededRandom random = world.random("transfer " + client.name() + " " + destination);
        StreamPattern upward = new StreamPattern(random.nextLong());
        StreamPattern downward = new StreamPattern(random.nextLong());
        near =
                new SimStream(
                        client.name() + " of " + destination,
                        client,
                        world.loans(),
                        clientHabits,
                        random.stream("near"),
                        upward,
                        up,
                        downward,
                        down);
        far =
                new SimStream(
                        server.name() + " of " + destination,
                        server,
                        world.loans(),
                        serverHabits,
                        random.stream("far"),
                        downward,
                        down,
                        upward,
                        up);
        Runnable ended = () -> endedAt = world.scheduler().now();
        near.whenClosed(ended);
        far.whenClosed(ended);
        services.tcp(destination, this::request);
    }

    /** Lets the client connect, in its next turn. */
    public SimTransfer start() {
        client.execute(() -> {
            startedAt = client.socket().network().scheduler().now();
            near.start(client.stack().connect(destination, near));
        });
        return this;
    }

    /** The client's end. */
    public SimStream near() {
        return near;
    }

    /** The server's end. */
    public SimStream far() {
        return far;
    }

    /** Virtual nanoseconds from the connect to the last close. */
    public long duration() {
        return endedAt - startedAt;
    }

    /** Whether both ends have everything and closed in order. */
    public boolean isComplete() {
        return near.isComplete() && far.isComplete();
    }

    /**
     * Whether the connection is over at both ends, well or not; not when it never reached the
     * server.
     */
    public boolean isOver() {
        return near.cause() != null && far.cause() != null;
    }

    private void request(TcpForwardRequest request) {
        if (++requests > 1) {
            throw new AssertionError("asked twice for one connection to " + destination);
        }
        if (!request.destination().equals(destination)) {
            throw new AssertionError(
                    "asked for " + request.destination() + " instead of " + destination);
        }
        if (dialNanos == 0) {
            accept(request);
        } else {
            server.after(dialNanos, () -> accept(request));
        }
    }

    private void accept(TcpForwardRequest request) {
        far.start(request.accept(far));
    }

    @Override
    public String toString() {
        return near + "; " + far;
    }
}
