package io.culvert.proxy;

/**
 * Time limits, in seconds, of Xray's policy level 0.
 *
 * @param handshake how long a client may take to say what it wants, and a destination to answer
 * @param connIdle a connection that moves nothing for so long is closed
 * @param uplinkOnly the same once the destination has sent everything
 * @param downlinkOnly the same once the client has sent everything
 */
record Policy(long handshake, long connIdle, long uplinkOnly, long downlinkOnly) {

    /**
     * Xray's values, but for the last two: it closes a half-closed connection after one quiet
     * second, which cuts off every server that thinks longer than that. A file may still ask for
     * it.
     */
    static final Policy DEFAULT = new Policy(60, 300, 300, 300);

    private static final long MAX_SECONDS = 1L << 31;

    /** Reads the {@code policy} object of a file. */
    static Policy read(ConfigNode policy, Problems problems) {
        policy.object(problems).member("system").accept();
        ConfigNode levels = policy.object(problems).member("levels").object(problems);
        for (var level : levels.members().entrySet()) {
            if (!level.getKey().equals("0")) {
                level.getValue().accept();
                problems.warning(level.getValue(), "only level 0 is known to Culvert yet: ignored");
            }
        }
        ConfigNode zero = levels.member("0").object(problems);
        zero.member("statsUserUplink").accept();
        zero.member("statsUserDownlink").accept();
        long connIdle = seconds(zero, "connIdle", DEFAULT.connIdle, problems);
        return new Policy(
                seconds(zero, "handshake", DEFAULT.handshake, problems),
                connIdle,
                seconds(zero, "uplinkOnly", connIdle, problems),
                seconds(zero, "downlinkOnly", connIdle, problems));
    }

    private static long seconds(ConfigNode level, String key, long fallback, Problems problems) {
        return level.member(key).integer(problems, 0, MAX_SECONDS, fallback);
    }
}
