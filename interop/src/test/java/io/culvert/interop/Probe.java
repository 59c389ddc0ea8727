package io.culvert.interop;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A remote host played by hand: puts segments to a {@link Subject} and writes down, in relative
 * numbers, what comes back. What two right TCPs may choose is left out: initial numbers, window
 * sizes above 0, the window scale, values of timestamps.
 */
final class Probe {
    private static final int ISN = 0xffff_ff00;
    private static final int CLOCK = 70_000_000;
    private static final int TCP = 6;

    /** What an MTU of 1420 leaves. */
    private static final int MSS4 = 1380;

    private static final int MSS6 = 1360;
    private static final String NOTHING = "-";

    private final Subject subject;
    private final boolean v6;
    private final int port;
    private final List<String> transcript = new ArrayList<>();
    private int subjectPort = Subject.LISTENING;
    private int subjectIsn;
    private boolean timestamps;
    private int clock = CLOCK;

    /** What is echoed. Before the handshake is over Linux takes its SYN's alone. */
    private int lastTimestamp;

    private boolean established;

    /**
     * @param port of the prober, one for each connection
     */
    Probe(Subject subject, boolean v6, int port) {
        this.subject = subject;
        this.v6 = v6;
        this.port = port;
    }

    /** One line a step: what the subject sent, or "-". */
    List<String> transcript() {
        return transcript;
    }

    private InetSocketAddress own() {
        return new InetSocketAddress(KernelHost.ours(v6), port);
    }

    private InetSocketAddress subject() {
        return new InetSocketAddress(KernelHost.kernel(v6), subjectPort);
    }

    /** What follows goes to a port that nobody has. */
    Probe toClosedPort() {
        subjectPort = Subject.CLOSED;
        return this;
    }

    /** SYN with the options that everybody sends. */
    ProbeSegment syn() {
        return ProbeSegment.of("S").mss(1380).sackOk().ts(clock, 0).ws(7);
    }

    /** A handshake with all options; the connection is the application's then. */
    Probe open() {
        return open(syn());
    }

    Probe open(ProbeSegment syn) {
        send(syn);
        send(ProbeSegment.of("A").seq(1).ack(1));
        subject.accept();
        established = true;
        transcript.clear();
        return this;
    }

    /** The same, and "abc" came on it: the next byte is 4. A row begins here. */
    Probe opened() {
        return open().send(ProbeSegment.data(1, "abc")).begin();
    }

    /** The subject dials, and its SYN is answered with all options. */
    Probe dialled() {
        dial();
        send(synAck());
        established = true;
        transcript.clear();
        return this;
    }

    /** The subject dials; its SYN is the first line. */
    Probe dial() {
        subject.dial(v6, port);
        record(subject.exchange());
        return this;
    }

    ProbeSegment synAck() {
        return ProbeSegment.of("SA").ack(1).mss(1380).sackOk().ts(clock, lastTimestamp).ws(7);
    }

    /** The subject's SYN offered them, and the answer didn't. */
    Probe withoutTimestamps() {
        timestamps = false;
        return this;
    }

    /** The timestamp that a segment leaving now has. */
    int clock() {
        return clock;
    }

    int lastTimestamp() {
        return lastTimestamp;
    }

    /** Puts segments to the subject, without time between. */
    Probe send(ProbeSegment... segments) {
        byte[][] packets = new byte[segments.length][];
        for (int i = 0; i < segments.length; i++) {
            ProbeSegment s = segments[i];
            if (timestamps && s.takesTimestamp() && !s.has('R')) {
                s.ts(clock, lastTimestamp);
            }
            packets[i] = s.packet(own(), subject(), ISN, subjectIsn);
        }
        clock++;
        record(subject.exchange(packets));
        return this;
    }

    Probe subjectSends(String text) {
        subject.send(text);
        record(subject.exchange());
        return this;
    }

    Probe subjectShutsDown() {
        subject.shutdownOutput();
        record(subject.exchange());
        return this;
    }

    Probe subjectCloses() {
        subject.close();
        record(subject.exchange());
        return this;
    }

    /** Forgets what was written down on the way to where the row begins. */
    Probe begin() {
        transcript.clear();
        return this;
    }

    /** If the subject kept an ACK back, that is its answer. */
    Probe settle() {
        if (transcript.getLast().equals(NOTHING)) {
            transcript.removeLast();
            record(subject.rest());
        }
        return this;
    }

    /** The last lines: whether the next byte is taken, and what the application heard. */
    Probe end(int next, int ack) {
        send(ProbeSegment.of("PA").seq(next).ack(ack).data("z"));
        return end();
    }

    Probe end() {
        transcript.add("heard " + subject.heard());
        return this;
    }

    private void record(List<byte[]> packets) {
        List<String> answers = new ArrayList<>();
        for (byte[] packet : packets) {
            ByteBuffer tcp = IpPacket.payload(packet);
            if (IpPacket.protocol(packet) == TCP && (tcp.getShort(2) & 0xffff) == port) {
                answers.add(describe(tcp));
            }
        }
        transcript.add(answers.isEmpty() ? NOTHING : String.join("; ", answers));
    }

    private String describe(ByteBuffer tcp) {
        int flags = tcp.getShort(12) & 0xfff;
        boolean syn = (flags & 2) != 0;
        boolean hasAck = (flags & 16) != 0;
        if (syn) {
            subjectIsn = tcp.getInt(4);
            subjectPort = tcp.getShort(0) & 0xffff;
        }
        int header = (tcp.get(12) >> 4 & 15) * 4;
        StringBuilder text = new StringBuilder(ProbeSegment.letters(flags));
        text.append(" ").append(tcp.getInt(4) - subjectIsn);
        if (tcp.limit() > header) {
            text.append("+").append(tcp.limit() - header);
        }
        text.append(" ack ").append(hasAck ? tcp.getInt(8) - ISN : tcp.getInt(8));
        if (tcp.getShort(14) == 0 && (flags & 4) == 0) {
            text.append(" win 0");
        }
        describeOptions(tcp.slice(20, header - 20), syn, text);
        return text.toString();
    }

    private void describeOptions(ByteBuffer options, boolean syn, StringBuilder text) {
        while (options.hasRemaining()) {
            int kind = options.get();
            if (kind == 0) {
                return;
            }
            if (kind == 1) {
                continue;
            }
            int length = options.get();
            switch (kind) {
                case 2 -> {
                    int mss = options.getShort() & 0xffff;
                    text.append(" mss ").append(mss == (v6 ? MSS6 : MSS4) ? "full" : mss);
                }
                case 3 -> text.append(options.get() >= 0 ? " ws" : "");
                case 4 -> text.append(" sackok");
                case 5 -> {
                    for (int i = 2; i < length; i += 8) {
                        text.append(" sack ").append(options.getInt() - ISN);
                        text.append("-").append(options.getInt() - ISN);
                    }
                }
                case 8 -> {
                    int value = options.getInt();
                    int echo = options.getInt();
                    lastTimestamp = syn || established ? value : lastTimestamp;
                    text.append(" ts").append(echo == 0 ? " 0" : " " + (echo - CLOCK));
                    timestamps |= syn;
                }
                default -> text.append(" option ").append(kind);
            }
        }
    }
}
