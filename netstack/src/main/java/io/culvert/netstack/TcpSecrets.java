package io.culvert.netstack;

/** Numbers that others see and must not be able to guess (RFC 6528, RFC 6056, RFC 7323 5.4). */
final class TcpSecrets {
    /** Purposes of {@link NetStackConfig#hash}; those of TCP begin at 16. */
    private static final int TABLE = 16;

    private static final int SEQUENCE = 17;
    private static final int TIMESTAMP = 18;
    private static final int PORT = 19;
    private static final int JITTER = 20;
    private static final int CONGESTION = 21;
    private static final int COOKIES = 22;
    private static final int FLOW_LABEL = 23;

    /** RFC 9293, 3.4.1: the clock of initial sequence numbers ticks every 4 microseconds. */
    private static final long TICK = 4_000;

    private final SipHash sequence;
    private final SipHash timestamp;
    private final SipHash port;
    private final SipHash jitter;
    private final SipHash congestion;
    final SipHash cookies;
    private final SipHash flowLabel;
    final SipHash table;

    TcpSecrets(NetStackConfig config) {
        table = config.hash(TABLE);
        sequence = config.hash(SEQUENCE);
        timestamp = config.hash(TIMESTAMP);
        port = config.hash(PORT);
        jitter = config.hash(JITTER);
        congestion = config.hash(CONGESTION);
        cookies = config.hash(COOKIES);
        flowLabel = config.hash(FLOW_LABEL);
    }

    int initialSequence(TcpFlow f, long now) {
        long hash = sequence.strong(f.localHi, f.localLo, f.remoteHi, f.remoteLo, f.ports);
        return (int) (hash + now / TICK);
    }

    /** What a connection adds to its millisecond clock. */
    int timestampOffset(TcpFlow f) {
        return (int) timestamp.strong(f.localHi, f.localLo, f.remoteHi, f.remoteLo, f.ports);
    }

    /** Where the search for an ephemeral port to a destination begins. */
    int portOffset(long localHi, long localLo, long remoteHi, long remoteLo, int remotePort) {
        return (int) port.strong(localHi, localLo, remoteHi, remoteLo, remotePort) >>> 1;
    }

    /** The same for all packets of a flow of IPv6, else 0 (RFC 6437, section 3). */
    int flowLabel(TcpFlow f) {
        return f.isV4()
                ? 0
                : (int) flowLabel.strong(f.localHi, f.localLo, f.remoteHi, f.remoteLo, f.ports)
                        & IpHeader.FLOW_LABEL;
    }

    /** Of what a connection's congestion control does at random. */
    long congestionSeed(TcpFlow f, int initialSequence) {
        return congestion.strong(
                f.localLo,
                f.remoteHi,
                f.remoteLo,
                f.ports,
                Integer.toUnsignedLong(initialSequence));
    }

    /** A number of 0..bound-1 that differs from one {@code turn} to the next. */
    int jitter(long turn, int bound) {
        return (int) Long.remainderUnsigned(jitter.strong(turn, 0, 0), bound);
    }
}
