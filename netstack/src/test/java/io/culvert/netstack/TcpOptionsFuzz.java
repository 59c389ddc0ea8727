package io.culvert.netstack;

import static io.culvert.netstack.FuzzInput.require;

import java.util.Arrays;

/**
 * Any bytes as options of a handshake and of the segments behind it, in both directions of opening.
 * A second reading of the options, made from RFC 9293 section 3.1 and the RFC of each, says what
 * they mean: what is agreed upon, how large segments may be, and which of them are heard.
 */
public final class TcpOptionsFuzz {
    private static final int MAX_OPTIONS = 40;
    private static final int MAX_SEGMENTS = 24;
    private static final int DEFAULT_MSS = 536;
    private static final int LEAST_MSS = 48;
    private static final int MAX_MSS = 1380;
    private static final int MAX_SHIFT = 14;

    /** Ticks by which a timestamp may be older than one that was accepted. */
    private static final int REORDERED = 100;

    private final TcpScript t = new TcpScript();
    private final FuzzInput input;

    /** Where the peer's next byte stands, and from where on nothing more is known of our bytes. */
    private int sent = 1;

    private int acknowledged = 1;

    private TcpOptionsFuzz(FuzzInput input) {
        this.input = input;
    }

    /** What a receiver understands, up to the first fault. The last of two equal ones counts. */
    private static final class Options {
        private int mss;
        private int shift = -1;
        private boolean sack;
        private boolean timestamp;
        private int stamp;

        private static Options read(byte[] b) {
            Options o = new Options();
            int at = 0;
            while (at < b.length && b[at] != 0) {
                int size = b[at] == 1 ? 1 : at + 1 < b.length ? b[at + 1] & 0xff : 0;
                if (size == 0 || (b[at] != 1 && size < 2) || at + size > b.length) {
                    return o;
                }
                o.take(b[at] << Byte.SIZE | size, Arrays.copyOfRange(b, at, at + size));
                at += size;
            }
            return o;
        }

        private int usableMss() {
            return mss == 0 ? DEFAULT_MSS : Math.clamp(mss, LEAST_MSS, MAX_MSS);
        }

        private void take(int kindAndSize, byte[] b) {
            switch (kindAndSize) {
                case 0x0204 -> mss = (b[2] & 0xff) << Byte.SIZE | (b[3] & 0xff);
                case 0x0303 -> shift = Math.min(b[2] & 0xff, MAX_SHIFT);
                case 0x0402 -> sack = true;
                case 0x080a -> {
                    timestamp = true;
                    stamp = java.nio.ByteBuffer.wrap(b).getInt(2);
                }
                default -> {
                    // not one that this stack speaks
                }
            }
        }
    }

    public static void fuzzerTestOneInput(byte[] data) {
        FuzzInput input = new FuzzInput(data);
        TcpOptionsFuzz run = new TcpOptionsFuzz(input);
        boolean active = input.flag();
        byte[] options = run.options();
        Options agreed = Options.read(options);
        if (active) {
            run.dial(options);
        } else {
            run.listen(options, agreed);
        }
        run.expectAgreed(agreed);
        for (int i = 0; i < MAX_SEGMENTS && !input.isEmpty(); i++) {
            run.segment(agreed);
        }
        run.t.close();
    }

    /** Whole words, as the header's length counts. */
    private byte[] options() {
        byte[] bytes = input.bytes(4 * input.below(MAX_OPTIONS / 4 + 1));
        return Arrays.copyOf(bytes, (bytes.length + 3) & ~3);
    }

    private Seg segment(String flags, byte[] options) {
        Seg s = Seg.of(flags).seq(sent).ack(acknowledged).noTs();
        s.rawOptions = options;
        return s;
    }

    private void dial(byte[] options) {
        t.connect().expect("S");
        t.send(segment("SA", options).seq(0));
        t.expect("A");
    }

    private void listen(byte[] options, Options offered) {
        t.listen().send(segment("S", options).seq(0));
        Seg answer = t.expect("SA");
        require(answer.mss == MAX_MSS, "the MSS is told");
        require(answer.windowScale >= 0 == offered.shift >= 0, "scaling as offered");
        require(answer.sackPermitted == offered.sack, "SACK as offered");
        require(answer.hasTimestamp == offered.timestamp, "timestamps as offered");
        require(!offered.timestamp || answer.echo == offered.stamp, "the timestamp comes back");
        t.send(segment("A", new byte[0]));
    }

    private void expectAgreed(Options o) {
        TcpConnection c = t.connection();
        require(c.state() == TcpState.ESTABLISHED, "whatever the options, it is established");
        require(c.sender().scale == Math.max(o.shift, 0), "the peer's shift");
        require(c.sackPermitted() == o.sack, "SACK");
        require(c.timestamps() == o.timestamp, "timestamps");
        require(c.sender().mss() == o.usableMss(), "the MSS");
    }

    /** Data with any options: heard or not by the timestamp alone; and data of ours. */
    private void segment(Options agreed) {
        TcpConnection c = t.connection();
        byte[] options = options();
        Options o = Options.read(options);
        boolean old = o.stamp - c.receiver().tsRecent() < -REORDERED;
        boolean heard = !agreed.timestamp || (o.timestamp && !old);
        int length = 1 + input.octet();
        Seg s = segment("PA", options).data(length);
        long probes = t.host.stack.tcp.counters.mtuProbes;
        t.send(s);
        if (heard) {
            sent += length;
        }
        require((int) c.receiver().next() == TcpScript.PEER_ISN + sent, "heard as it should be");
        t.write(input.below(4000));
        for (Seg out : t.drain()) {
            int header = out.rawOptions.length;
            // A path that seemed to swallow large segments is probed for more (RFC 4821).
            boolean probed = t.host.stack.tcp.counters.mtuProbes > probes;
            int most = probed ? agreed.usableMss() : c.sender().mss();
            require(out.data.length <= most - header, "no larger than the MSS");
            require(out.hasTimestamp == agreed.timestamp, "a timestamp in each or in none");
            require(agreed.sack || out.sack.isEmpty(), "no SACK that was not agreed upon");
            acknowledged = Math.max(acknowledged, out.end());
        }
        t.advanceMillis(input.octet());
        t.drain();
    }
}
