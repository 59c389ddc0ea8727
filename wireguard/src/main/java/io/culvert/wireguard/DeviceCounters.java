package io.culvert.wireguard;

/** What a device did since it was made. A live view: read it on the device's thread. */
public final class DeviceCounters {
    private static final Drop[] REASONS = Drop.values();

    private final long[] drops = new long[REASONS.length];
    private long dropped;
    long packetsReceived;
    long packetsSent;
    long keepalivesReceived;
    long keepalivesSent;
    long initiationsReceived;
    long initiationsSent;
    long responsesReceived;
    long responsesSent;
    long cookieRepliesReceived;
    long cookieRepliesSent;

    DeviceCounters() {}

    /** Inner packets that {@link Device#receive} handed out. */
    public long packetsReceived() {
        return packetsReceived;
    }

    /** Inner packets that left encrypted. */
    public long packetsSent() {
        return packetsSent;
    }

    /** Keepalives that were authentic. */
    public long keepalivesReceived() {
        return keepalivesReceived;
    }

    public long keepalivesSent() {
        return keepalivesSent;
    }

    /** Initiations that were authentic and new. */
    public long initiationsReceived() {
        return initiationsReceived;
    }

    public long initiationsSent() {
        return initiationsSent;
    }

    /** Responses that completed a handshake. */
    public long responsesReceived() {
        return responsesReceived;
    }

    public long responsesSent() {
        return responsesSent;
    }

    /** Cookies that were authentic. */
    public long cookieRepliesReceived() {
        return cookieRepliesReceived;
    }

    public long cookieRepliesSent() {
        return cookieRepliesSent;
    }

    public long dropped(Drop reason) {
        return drops[slot(reason)];
    }

    /** All drops together. */
    public long dropped() {
        return dropped;
    }

    void drop(Drop reason) {
        drops[slot(reason)]++;
        dropped++;
    }

    void drop(Drop reason, int count) {
        drops[slot(reason)] += count;
        dropped += count;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append("packets ").append(packetsReceived).append(" in, ");
        text.append(packetsSent).append(" out");
        for (Drop reason : REASONS) {
            if (dropped(reason) > 0) {
                text.append(", ").append(reason).append(' ').append(dropped(reason));
            }
        }
        return text.toString();
    }

    /** An array index within one run: no order is meant, nothing is stored. */
    @SuppressWarnings("EnumOrdinal")
    private static int slot(Drop reason) {
        return reason.ordinal();
    }
}
