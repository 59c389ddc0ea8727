package io.culvert.simnet;

import io.culvert.netstack.Refusal;
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
     * What to transfer, and how.
     *
     * @param up bytes from the client to the server
     * @param down bytes from the server to the client
     * @param client habits of the client's end
     * @param server habits of the server's end
     * @param dialNanos time from the server's first sight of the connection to its acceptance
     */
    public record Plan(
            long up, long down, StreamHabits client, StreamHabits server, long dialNanos) {
        /** So many bytes each way between eager ends, accepted at once. */
        public static Plan eager(long up, long down) {
            return new Plan(up, down, StreamHabits.EAGER, StreamHabits.EAGER, 0);
        }

        public Plan withHabits(StreamHabits ofClient, StreamHabits ofServer) {
            return new Plan(up, down, ofClient, ofServer, dialNanos);
        }

        public Plan withDial(long nanos) {
            return new Plan(up, down, client, server, nanos);
        }
    }

    /**
     * A transfer that hasn't begun.
     *
     * @param destination is added to the server's services; nothing else may use it
     */
    public SimTransfer(SimWorld world, SimPair pair, InetSocketAddress destination, Plan plan) {
        this(world, pair, pair.client(), destination, plan);
    }

    /** The same for another client than the pair's. */
    public SimTransfer(
            SimWorld world,
            SimPair pair,
            SimHost client,
            InetSocketAddress destination,
            Plan plan) {
        this.client = client;
        server = pair.server();
        this.destination = destination;
        dialNanos = plan.dialNanos();
        SeededRandom random = world.random("transfer " + client.name() + " " + destination);
        StreamPattern up = new StreamPattern(random.nextLong());
        StreamPattern down = new StreamPattern(random.nextLong());
        near =
                new SimStream(
                        new SimStream.Script(up, plan.up(), down, plan.down()),
                        client,
                        plan.client(),
                        random.stream("near"));
        far =
                new SimStream(
                        new SimStream.Script(down, plan.down(), up, plan.up()),
                        server,
                        plan.server(),
                        random.stream("far"));
        Runnable ended = () -> endedAt = world.scheduler().now();
        near.whenClosed(ended);
        far.whenClosed(ended);
        near.endsAfter(far::written);
        far.endsAfter(near::written);
        pair.services().tcp(destination, this::request);
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

    /** Whether the connection has reached the server. */
    public boolean wasAsked() {
        return requests > 0;
    }

    private void request(TcpForwardRequest request) {
        if (++requests > 1) {
            if (near.cause() != null || far.cause() != null) {
                // A SYN that was late, or comes again because the end of the connection was lost.
                request.refuse(Refusal.RESET);
                return;
            }
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
