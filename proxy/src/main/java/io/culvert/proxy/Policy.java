package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.WriteBufferWaterMark;

/**
 * The limits of one level of Xray's {@code policy}, in seconds but for the last.
 *
 * @param handshake how long a client may take to say what it wants, and a destination to answer
 * @param connIdle a connection that moves nothing for so long is closed
 * @param uplinkOnly the same once the destination has sent everything
 * @param downlinkOnly the same once the client has sent everything
 * @param bufferSize bytes that may wait for one side of a connection before the other is told to
 *     wait; negative = what its channels are made with
 */
record Policy(long handshake, long connIdle, long uplinkOnly, long downlinkOnly, int bufferSize) {

    /**
     * Xray's values, but for the two half-closed ones: it closes a half-closed connection after one
     * quiet second, which cuts off every server that thinks longer than that. A file may still ask
     * for it.
     */
    static final Policy DEFAULT = new Policy(60, 300, 300, 300, -1);

    private static final long MAX_SECONDS = 1L << 31;

    /** More would hold more memory for one connection than the whole program has by default. */
    private static final long MAX_BUFFER_KIB = 64 << 10;

    /** What a channel may queue at least, so that a batch of reads fits into it: 0 asks for it. */
    static final int SMALL_BUFFER = 16 << 10;

    /** Has a channel say earlier or later than it was made to that it can take no more. */
    void bound(Channel channel) {
        if (bufferSize >= 0) {
            channel.config()
                    .setWriteBufferWaterMark(new WriteBufferWaterMark(bufferSize / 4, bufferSize));
        }
    }

    /** Reads one level; what it doesn't say is as in {@link #DEFAULT}. */
    static Policy read(ConfigNode level, Problems problems) {
        for (String stats : Policies.STATS) {
            level.member(stats).accept();
        }
        long connIdle = seconds(level, "connIdle", DEFAULT.connIdle, problems);
        return new Policy(
                seconds(level, "handshake", DEFAULT.handshake, problems),
                connIdle,
                seconds(level, "uplinkOnly", connIdle, problems),
                seconds(level, "downlinkOnly", connIdle, problems),
                bufferSize(level.member("bufferSize"), problems));
    }

    /** In KiB; -1 is Xray's word for as much as comes, which nothing here may take. */
    private static int bufferSize(ConfigNode node, Problems problems) {
        long kib = node.integer(problems, -1, MAX_BUFFER_KIB, -1);
        return kib < 0 ? DEFAULT.bufferSize : Math.max(SMALL_BUFFER, (int) kib << 10);
    }

    private static long seconds(ConfigNode level, String key, long fallback, Problems problems) {
        return level.member(key).integer(problems, 0, MAX_SECONDS, fallback);
    }
}
