package io.culvert.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that moves the packets of a {@link PathEmulator}. It works in turns of at least
 * {@link #QUANTUM}: what arrived meanwhile is taken in trains, what fell due leaves in trains. Real
 * networks hand packets over in such lumps too, and a turn is short beside any path's delay.
 */
final class PathRelay implements Runnable {
    /** Four packets of 1500 bytes at 500 Mb/s. */
    private static final long QUANTUM = 100_000;

    private static final long IDLE_NANOS = 5_000_000;
    private static final int LINE_BYTES = 64 << 20;
    private static final int LINE_PACKETS = 1 << 18;
    private static final int MOST_FLOWS = 16;

    /** Trains taken from a socket in a turn: none may keep the others waiting for long. */
    private static final int TRAINS_A_TURN = 64;

    /** IPv4 and UDP, without options. */
    private static final int HEADERS = 28;

    private static final int REALTIME_PRIORITY = 10;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final Arena arena;
    private final SocketCalls calls;
    private final InetSocketAddress server;
    private final TrainSocket clients;
    private final long[] clientOf = new long[MOST_FLOWS];
    private final TrainSocket[] serverOf = new TrainSocket[MOST_FLOWS];

    /** {@code struct pollfd}s: descriptor(4), wanted(2), found(2); the clients' socket first. */
    private final MemorySegment polled;

    private final MemorySegment timeout;
    private final Way up;
    private final Way down;
    private final Lateness lateness = new Lateness();
    private int flows;
    private boolean realtime;
    private volatile @Nullable Runnable command;
    private volatile boolean stopped;

    /** One direction: what is under way and what the path does to it. */
    private static final class Way {
        final String name;
        final DelayLine line;
        PathDirection direction;
        long sent;
        long overflow;
        long refused;

        Way(String name, Arena arena) {
            this.name = name;
            line = new DelayLine(arena, LINE_BYTES, LINE_PACKETS);
            direction = new PathDirection(PathShape.parse("0/0/-/0"), 0);
        }

        void restart(PathShape shape, long seed) {
            direction = new PathDirection(shape, seed);
            line.remove(line.size());
            sent = 0;
            overflow = 0;
            refused = 0;
        }

        String report() {
            return String.format(
                    Locale.ROOT,
                    "%1$s.in=%2$d %1$s.out=%3$d %1$s.lost=%4$d %1$s.dropped=%5$d %1$s.overflow=%6$d"
                            + " %1$s.refused=%7$d %1$s.queue.mean=%8$.2f %1$s.queue.max=%9$.2f",
                    name,
                    direction.offered(),
                    sent,
                    direction.lost(),
                    direction.dropped(),
                    overflow,
                    refused,
                    direction.meanQueueNanos() / 1e6,
                    direction.maxQueueNanos() / 1e6);
        }
    }

    /**
     * @param arena lives longer than the thread
     */
    PathRelay(Arena arena, InetSocketAddress listen, InetSocketAddress server) throws IOException {
        this.arena = arena;
        this.server = server;
        calls = new SocketCalls(arena);
        clients = TrainSocket.bound(calls, arena, listen);
        polled = arena.allocate(8L * (1 + MOST_FLOWS), 8);
        timeout = arena.allocate(16, 8);
        up = new Way("up", arena);
        down = new Way("down", arena);
        poll(0, clients);
    }

    private void poll(int index, TrainSocket socket) {
        polled.set(INT, 8L * index, socket.fd());
        polled.set(SHORT, 8L * index + 4, SocketCalls.POLLIN);
    }

    /** Runs on the relay's thread before its next turn; one at a time. */
    void execute(Runnable work) {
        command = work;
    }

    void stop() {
        stopped = true;
    }

    /** Anew, with empty queues; the second direction's luck is not the first one's. */
    void shape(PathShape shape, long seed) {
        up.restart(shape, 2 * seed);
        down.restart(shape, 2 * seed + 1);
        lateness.clear();
    }

    String report() {
        return up.report()
                + " "
                + down.report()
                + String.format(
                        Locale.ROOT,
                        " late.p50=%.0f late.p99=%.0f late.max=%.0f realtime=%d",
                        lateness.micros(0.5),
                        lateness.micros(0.99),
                        lateness.maxMicros(),
                        realtime ? 1 : 0);
    }

    @Override
    public void run() {
        MemorySegment priority = arena.allocate(INT);
        priority.set(INT, 0, REALTIME_PRIORITY);
        realtime = calls.realtime(priority);
        try {
            while (!stopped) {
                turn();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            clients.close();
            for (int i = 0; i < flows; i++) {
                serverOf[i].close();
            }
        }
    }

    private void turn() throws IOException {
        Runnable work = command;
        if (work != null) {
            command = null;
            work.run();
        }
        rest(QUANTUM, 0);
        long now = System.nanoTime();
        long next = Math.min(nextDue(up, now), nextDue(down, now));
        int readable = rest(Math.clamp(next - now, 0, IDLE_NANOS), 1 + flows);
        now = System.nanoTime();
        int known = flows;
        for (int i = 0; i <= known && readable > 0; i++) {
            if (polled.get(SHORT, 8L * i + 6) != 0) {
                take(i, now);
            }
        }
        send(up);
        send(down);
    }

    /** Sleeps until a socket is readable, at most so long; how many are. */
    private int rest(long nanos, int sockets) {
        timeout.set(LONG, 0, nanos / TimeUnit.SECONDS.toNanos(1));
        timeout.set(LONG, 8, nanos % TimeUnit.SECONDS.toNanos(1));
        return calls.ppoll(polled, sockets, timeout);
    }

    private static long nextDue(Way way, long now) {
        return way.line.isEmpty() ? now + IDLE_NANOS : way.line.due(0);
    }

    private void take(int index, long now) throws IOException {
        TrainSocket socket = index == 0 ? clients : serverOf[index - 1];
        Way way = index == 0 ? up : down;
        for (int i = 0; i < TRAINS_A_TURN; i++) {
            long room = way.line.room();
            if (room == 0) {
                // The packets stay in the socket, and are lost there if this goes on.
                way.overflow++;
                return;
            }
            int bytes = socket.receive(room, DelayLine.ROOM);
            if (bytes <= 0) {
                return;
            }
            int flow = index == 0 ? flowOf(socket.source()) : index - 1;
            cut(way, room, bytes, socket.segment(), flow, now);
        }
    }

    private static void cut(Way way, long room, int bytes, int segment, int flow, long now) {
        for (int at = 0; at < bytes; at += segment) {
            int length = Math.min(segment, bytes - at);
            PathDirection.Fate fate = way.direction.offer(now, length + HEADERS);
            if (fate == PathDirection.Fate.DELIVERED
                    && !way.line.add(room + at, length, flow, way.direction.due())) {
                way.overflow++;
            }
        }
    }

    private int flowOf(long client) throws IOException {
        for (int i = 0; i < flows; i++) {
            if (clientOf[i] == client) {
                return i;
            }
        }
        if (flows == MOST_FLOWS) {
            throw new IOException("more than " + MOST_FLOWS + " clients");
        }
        clientOf[flows] = client;
        serverOf[flows] = TrainSocket.connected(calls, arena, server);
        poll(1 + flows, serverOf[flows]);
        return flows++;
    }

    private void send(Way way) {
        DelayLine line = way.line;
        long now = System.nanoTime();
        while (!line.isEmpty() && line.due(0) <= now) {
            int flow = line.flow(0);
            TrainSocket socket = way == up ? serverOf[flow] : clients;
            socket.begin(clientOf[flow]);
            int count = train(line, socket, now);
            lateness.add(now - line.due(0), count);
            if (socket.send()) {
                way.sent += count;
            } else {
                way.refused += count;
            }
            line.remove(count);
            now = System.nanoTime();
        }
    }

    /** Puts the oldest packet, and those behind it that may leave with it, into a train. */
    private static int train(DelayLine line, TrainSocket socket, long now) {
        int most = Math.min(line.size(), TrainSocket.MOST);
        int first = line.length(0);
        int bytes = 0;
        int count = 0;
        while (count < most
                && line.due(count) <= now
                && line.flow(count) == line.flow(0)
                && line.length(count) <= first
                && bytes + line.length(count) <= TrainSocket.MOST_BYTES) {
            int length = line.length(count);
            socket.add(line.address(count), length);
            bytes += length;
            count++;
            if (length < first) {
                break;
            }
        }
        return count;
    }
}
