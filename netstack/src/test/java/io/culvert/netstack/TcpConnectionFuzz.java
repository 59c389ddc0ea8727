package io.culvert.netstack;

import static io.culvert.netstack.FuzzInput.require;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One connection, a peer who sends anything, an application that does anything, and time that
 * passes. After each step the connection's state agrees with itself ({@link TcpInvariants}), what
 * it sent is what a TCP may send ({@link TcpPeerView}), and the application has read the peer's
 * stream. Then the peer becomes honest, and what was written gets through.
 */
public final class TcpConnectionFuzz {
    private static final int MAX_STEPS = 120;
    private static final int MEMORY = 40 * ChunkPool.DEFAULT_CHUNK_SIZE;
    private static final List<InetAddress> OWN = List.of(Host.address(Host.OWN4));
    private static final String[] FLAGS = {
        "A", "A", "A", "PA", "PA", "FA", "FPA", "S", "SA", "R", "RA", "F", "", "SF", "SFRPAU", "UA"
    };

    /** Rounds in which an honest peer must have brought everything to its end. */
    private static final int HONEST_ROUNDS = 400;

    private final FuzzInput input;
    private final TcpScript t;
    private final TcpInvariants invariants;
    private final TcpPeerView view;
    private final List<Chunk> taken = new ArrayList<>();
    private int checked;

    private TcpConnectionFuzz(FuzzInput input) {
        this.input = input;
        int mtu = new int[] {1420, 1280, 576, 9000}[input.octet() % 4];
        int buffer = 4096 << input.octet() % 8;
        TcpSettings settings =
                TcpSettings.builder().receiveBuffer(buffer).maxReceiveBuffer(4L * buffer).build();
        t = new TcpScript(new Host(b -> b.addresses(OWN).mtu(mtu).tcp(settings), MEMORY));
        invariants = new TcpInvariants(t.host.stack);
        view = new TcpPeerView(t);
    }

    public static void fuzzerTestOneInput(byte[] data) {
        FuzzInput input = new FuzzInput(data);
        TcpConnectionFuzz run = new TcpConnectionFuzz(input);
        run.open();
        for (int step = 0; step < MAX_STEPS && !input.isEmpty(); step++) {
            run.step();
            run.check();
        }
        run.end();
    }

    private void open() {
        int options = input.octet();
        Seg syn = Seg.of("S").noTs().win(input.flag() ? 0xffff : input.u16());
        if ((options & 1) != 0) {
            syn.ts(t.now(), 0);
        }
        syn.mss((options & 2) != 0 ? 1460 : input.u16());
        syn.ws((options & 4) != 0 ? input.octet() % 16 : -1);
        syn.sackPermitted = (options & 8) != 0;
        if ((options & 0x30) != 0x30) {
            t.established(syn);
            Objects.requireNonNull(t.listener).close();
            return;
        }
        t.connect().drain();
        if ((options & 0x40) != 0) {
            t.timestamps = syn.hasTimestamp;
            syn.flags |= PacketBuilder.ACK;
            t.send(syn.ack(1));
        }
    }

    private TcpConnection connection() {
        return t.connection();
    }

    private void step() {
        int decision = input.octet();
        switch (decision & 15) {
            case 0 -> write(input.below(20_000));
            case 1 -> write(input.below(200));
            case 2 -> pass(input.octet());
            case 3 -> t.advanceMillis(input.octet() * (long) input.octet());
            case 4 -> {
                t.app.reading = (decision & 16) != 0;
                if (t.app.reading) {
                    t.app.read(connection());
                    t.turn();
                }
            }
            case 5 -> command(input.octet());
            case 6 -> memory(decision >> 4);
            case 7 -> acknowledge();
            case 8, 9 -> t.send(next().data(input.below(1400)));
            default -> {
                Seg[] batch = new Seg[1 + (decision >> 4 & 3)];
                for (int i = 0; i < batch.length; i++) {
                    batch[i] = wild();
                }
                t.send(batch);
            }
        }
    }

    private void write(int length) {
        if (!connection().sender().finWanted() && connection().sendSpace() > 0) {
            t.write(length);
        }
    }

    /** Up to the next deadline, just before it, or a little on. */
    private void pass(int how) {
        long next = t.host.stack.nextDeadline();
        if (next == Long.MAX_VALUE || how >= 0x80) {
            t.advanceMillis(how);
        } else {
            t.host.now = Math.max(t.host.now, next - (how & 1));
            t.advanceMillis(0);
        }
    }

    /** Ends are rare, else nothing would get far. */
    private void command(int what) {
        TcpConnection c = connection();
        switch (what % 24) {
            case 0 -> c.shutdownOutput();
            case 1 -> c.close();
            case 2 -> c.abort();
            case 3, 4 -> c.userTimeout(input.octet() * Host.SECOND);
            case 5, 6 -> c.keepAlive(Host.SECOND, Host.SECOND, input.octet() % 4);
            default -> c.noDelay(what % 2 == 0);
        }
        t.turn();
    }

    /** Others take the memory, or give it back. */
    private void memory(int sixteenths) {
        ChunkPool pool = t.host.pool;
        while (pool.inUse() < pool.capacity() * sixteenths / 15) {
            Chunk chunk = pool.take();
            if (chunk == null) {
                return;
            }
            taken.add(chunk);
        }
        if (sixteenths == 0) {
            taken.forEach(Chunk::release);
            taken.clear();
        }
    }

    private int seq() {
        boolean known = connection().state().isSynchronized();
        return known ? (int) connection().receiver().next() - TcpScript.PEER_ISN : 0;
    }

    private int una() {
        return (int) connection().sender().una - t.isn;
    }

    /** With what a probe sent beyond SND.NXT. */
    private int sent() {
        TcpSender s = connection().sender();
        return (int) Math.max(s.next, s.probedTo) - t.isn;
    }

    /** The segment that an honest peer sends next, before it has data. */
    private Seg next() {
        Seg s = Seg.of("A").seq(seq()).ack(sent()).noTs();
        return connection().timestamps()
                ? s.ts(connection().receiver().tsRecent(), t.lastTimestamp)
                : s;
    }

    /** An ACK without news is not answered, else two of us would never fall silent. */
    private void acknowledge() {
        t.turn();
        view.check();
        boolean answered = connection().isOver() || !connection().state().isSynchronized();
        t.send(next());
        for (Seg s : t.out) {
            boolean bare = s.data.length == 0 && s.is("A");
            require(answered || !bare || s.seq < sent(), "an ACK answers no ACK: " + s);
        }
    }

    private Seg wild() {
        TcpConnection c = connection();
        int kind = input.octet();
        Seg s = Seg.of(FLAGS[kind % FLAGS.length]);
        boolean opening = !c.state().isSynchronized();
        s.seq = opening ? 0 : input.near(seq());
        s.ack = input.near(input.flag() ? una() : sent());
        s.window = (kind & 0x40) == 0 ? 0xffff : input.near(0) & 0xffff;
        if (!opening && (kind & 0x10) != 0) {
            s.data(input.below(1400));
        }
        stamp(s, input.octet());
        int last = s.ack;
        for (int blocks = (kind & 0x20) == 0 ? 0 : input.octet() % 4; blocks > 0; blocks--) {
            int from = input.near(last);
            last = input.near(from + 1400);
            s.sack(from, last);
        }
        return s;
    }

    private void stamp(Seg s, int how) {
        if (!connection().timestamps() || how % 16 == 0) {
            s.noTs();
        } else if (how % 4 == 0) {
            s.ts(input.near(t.now()), input.near(t.lastTimestamp));
        } else {
            int recent = connection().receiver().tsRecent();
            s.ts(Math.max(recent, recent + how % 4), t.lastTimestamp);
        }
    }

    private void check() {
        invariants.check();
        view.check();
        byte[] bytes = t.app.bytes;
        for (; checked < bytes.length; checked++) {
            require(bytes[checked] == TransferApp.byteAt(checked), "the stream at " + checked);
        }
    }

    private void end() {
        memory(0);
        t.app.reading = true;
        t.app.read(connection());
        if (connection().state().isSynchronized()) {
            becomeHonest();
        }
        t.close();
        long ends = t.app.events.stream().filter(e -> e.startsWith("closed")).count();
        require(ends == 1, "the end is told once");
        require(t.app.leases == 0, "what was lent comes back");
    }

    private void becomeHonest() {
        TcpConnection c = connection();
        for (int i = 0; i < HONEST_ROUNDS && !c.isOver() && !c.sender().isFlushed(); i++) {
            boolean talks = c.state().receives() && !c.isClosedByApplication();
            for (int n = 0; n < 4; n++) {
                t.send(talks ? next().data(1000) : next());
            }
            check();
            t.advanceMillis(2000);
            check();
        }
        require(c.isOver() || c.sender().isFlushed(), "everything gets through: " + c.info());
    }
}
