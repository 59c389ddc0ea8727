package io.culvert.simnet;

import io.culvert.simnet.Trace.Fate;

/** What became of the datagrams sent into one direction of a path. */
public final class LinkCounters {
    long sent;
    long sentBytes;
    long lost;
    long queueFull;
    long tooBig;
    long duplicated;
    long reordered;
    long corrupted;
    long truncated;

    LinkCounters() {}

    /** Datagrams given to the link. */
    public long sent() {
        return sent;
    }

    /** UDP payload bytes given to the link. */
    public long sentBytes() {
        return sentBytes;
    }

    /** Lost at random or in a burst. */
    public long lost() {
        return lost;
    }

    /** Dropped because the queue before the bottleneck was full. */
    public long queueFull() {
        return queueFull;
    }

    /** Dropped because they exceeded the link's MTU. */
    public long tooBig() {
        return tooBig;
    }

    /** Sent twice. */
    public long duplicated() {
        return duplicated;
    }

    /** Held back so that others might overtake. */
    public long reordered() {
        return reordered;
    }

    /** Delivered with flipped bits. */
    public long corrupted() {
        return corrupted;
    }

    /** Delivered without their end. */
    public long truncated() {
        return truncated;
    }

    void dropped(Fate why) {
        switch (why) {
            case LOST -> lost++;
            case QUEUE_FULL -> queueFull++;
            case TOO_BIG -> tooBig++;
            default -> throw new IllegalArgumentException("no way to drop: " + why);
        }
    }

    @Override
    public String toString() {
        return "sent "
                + sent
                + ", lost "
                + lost
                + ", queue full "
                + queueFull
                + ", too big "
                + tooBig
                + ", duplicated "
                + duplicated
                + ", reordered "
                + reordered
                + ", corrupted "
                + corrupted
                + ", truncated "
                + truncated;
    }
}
