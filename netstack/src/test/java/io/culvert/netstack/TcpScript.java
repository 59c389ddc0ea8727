package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One stack against a peer that a test plays segment by segment: {@code send} hands one in and lets
 * the stack take its turn, {@code expect} takes the next one that came out.
 */
final class TcpScript {
    static final String PEER = "10.0.0.1";
    static final int PEER_PORT = 5000;
    static final int PORT = 80;
    static final int PEER_ISN = 0xffff_fff0;

    final Host host;
    final Recorder app = new Recorder();
    final Deque<Seg> out = new ArrayDeque<>();
    final List<PacketView> others = new ArrayList<>();
    @Nullable TcpListener listener;
    String peer = PEER;
    String own = Host.OWN4;
    int port = PORT;
    int peerPort = PEER_PORT;
    int isn;
    boolean isnKnown;
    boolean timestamps;
    int lastTimestamp;

    /** Added to the host's clock for the peer's timestamps. */
    int peerClock = 7_000_000;

    TcpScript() {
        this(b -> b);
    }

    TcpScript(UnaryOperator<NetStackConfig.Builder> settings) {
        this(new Host(settings));
    }

    TcpScript(Host host) {
        this.host = host;
    }

    /** The application: writes down what it is told, and reads unless it is told not to. */
    static final class Recorder implements TcpHandler {
        final List<String> events = new ArrayList<>();
        final Received received = new Received();
        @Nullable TcpConnection connection;
        byte[] bytes = new byte[0];
        boolean reading = true;

        /** Does not keep what it reads. */
        boolean discards;

        /** What it does after each read, if anything. */
        Runnable afterRead = () -> {};

        /** How often it was told that there is something to read. */
        int wakes;

        int leases;

        @Override
        public void connected(TcpConnection c) {
            connection = c;
            events.add("connected");
        }

        @Override
        public void readable(TcpConnection c) {
            wakes++;
            if (reading) {
                read(c);
                afterRead.run();
            }
        }

        void read(TcpConnection c) {
            while (c.read(received)) {
                Chunk chunk = Objects.requireNonNull(received.chunk);
                if (discards) {
                    chunk.release();
                    continue;
                }
                int length = bytes.length;
                bytes = Arrays.copyOf(bytes, length + received.length);
                MemorySegment.copy(
                        chunk.memory(),
                        ValueLayout.JAVA_BYTE,
                        received.offset,
                        bytes,
                        length,
                        received.length);
                chunk.release();
            }
            if (c.endOfStream()) {
                events.add("end");
            }
        }

        @Override
        public void writable(TcpConnection c) {
            events.add("writable");
        }

        @Override
        public void closed(TcpConnection c, CloseCause cause) {
            events.add("closed " + cause);
        }
    }

    TcpConnection connection() {
        return Objects.requireNonNull(app.connection, "no connection");
    }

    TcpSender sender() {
        return connection().sender();
    }

    // Opening

    TcpScript listen() {
        listener =
                host.stack.listen(
                        null,
                        PORT,
                        c -> {
                            app.connection = c;
                            return app;
                        });
        return this;
    }

    /** SYN with all options: MSS 1460, timestamps, SACK, scale 7. */
    Seg syn() {
        return Seg.of("S").mss(1460).ws(7).sackOk().ts(now(), 0);
    }

    /** A passive open with all options. */
    TcpScript established() {
        return established(syn());
    }

    /** A passive open; what the SYN offers is what holds. */
    TcpScript established(Seg syn) {
        return established(syn, 0);
    }

    /** A passive open that shows a round trip of {@code rttMillis}. */
    TcpScript established(Seg syn, long rttMillis) {
        listen();
        timestamps = syn.hasTimestamp;
        send(syn);
        expect("SA");
        if (rttMillis > 0) {
            advanceMillis(rttMillis);
        }
        send(Seg.of("A").seq(1).ack(1).win(syn.window));
        assertThat(app.events).containsExactly("connected");
        app.events.clear();
        expectNothing();
        return this;
    }

    /** An active open: the SYN is out. */
    TcpScript connect() {
        app.connection = host.stack.connect(Host.address(peer, PEER_PORT), app);
        peerPort = PEER_PORT;
        collect(host.turn());
        return this;
    }

    // Segments

    int now() {
        return (int) (host.now / Host.MILLI) + peerClock;
    }

    private byte[] build(Seg s) {
        if (timestamps && s.wantsTimestamp() && (s.flags & PacketBuilder.RST) == 0) {
            s.hasTimestamp = true;
            s.timestamp = now();
            s.echo = lastTimestamp;
        }
        int acknowledgment = (s.flags & PacketBuilder.ACK) == 0 ? s.ack : isn + s.ack;
        PacketBuilder b =
                PacketBuilder.packet(peer, own)
                        .tcp(
                                peerPort,
                                port,
                                PEER_ISN + s.seq,
                                acknowledgment,
                                s.flags,
                                s.window,
                                s.optionBytes(isn),
                                s.data);
        if (s.checksumXor != 0) {
            b.corruptChecksum(s.checksumXor);
        }
        return b.build();
    }

    /** Hands segments in as one batch, then lets the stack take its turn. */
    TcpScript send(Seg... batch) {
        for (Seg s : batch) {
            host.input(build(s));
        }
        collect(host.turn());
        return this;
    }

    /** Lets a router say that what begins at {@code seq} was too big. */
    void tooBig(int seq, int mtu) {
        byte[] quoted =
                PacketBuilder.packet(own, peer)
                        .tcp(PORT, peerPort, isn + seq, 0, 16, 0, new byte[0], new byte[1400])
                        .build();
        host.input(PacketBuilder.packet(peer, own).icmp(3, 4, mtu, quoted));
        turn();
    }

    private void collect(List<PacketView> packets) {
        for (PacketView p : packets) {
            if (p.protocol != 6) {
                others.add(p);
                continue;
            }
            if (!isnKnown && (p.u8(13) & PacketBuilder.SYN) != 0) {
                isn = p.i32(4);
                isnKnown = true;
                port = p.sourcePort();
            }
            Seg s = Seg.parse(p, isn, PEER_ISN, host.now);
            if (s.hasTimestamp) {
                lastTimestamp = s.timestamp;
            }
            out.add(s);
        }
    }

    Seg expect(String flags) {
        assertThat(out).as("a segment %s was expected", flags).isNotEmpty();
        return out.remove().hasFlags(flags);
    }

    TcpScript expectNothing() {
        assertThat(out).isEmpty();
        return this;
    }

    /** Everything that came out and was not looked at. */
    List<Seg> drain() {
        List<Seg> all = new ArrayList<>(out);
        out.clear();
        return all;
    }

    TcpScript advanceMillis(long millis) {
        long end = host.now + millis * Host.MILLI;
        for (long next = host.stack.nextDeadline(); next <= end; next = host.stack.nextDeadline()) {
            host.now = Math.max(host.now, next);
            host.stack.handleTimers(host.now);
            host.stack.deliver();
            collect(host.pull());
        }
        host.now = end;
        return this;
    }

    // The application

    /** Writes the next bytes of the known stream. */
    TcpScript write(int length) {
        TcpConnection c = connection();
        long position = c.sender().buffer.end() - Seq.first(isn) - 1;
        MemorySegment m = Arena.ofAuto().allocate(Math.max(1, length));
        for (int i = 0; i < length; i++) {
            m.set(ValueLayout.JAVA_BYTE, i, TransferApp.byteAt(position + i));
        }
        app.leases++;
        c.write(m, 0, length, () -> app.leases--);
        return turn();
    }

    TcpScript turn() {
        collect(host.turn());
        return this;
    }

    TcpScript expectEvents(String... events) {
        assertThat(app.events).containsExactly(events);
        app.events.clear();
        return this;
    }

    TcpScript expectState(TcpState state) {
        assertThat(connection().state()).isEqualTo(state);
        return this;
    }

    /** Acknowledges everything so far, from the peer's byte {@code seq} on. */
    Seg ackOf(int ack, int seq) {
        return Seg.of("A").seq(seq).ack(ack);
    }

    void close() {
        host.close();
    }
}
