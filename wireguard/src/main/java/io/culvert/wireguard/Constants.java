package io.culvert.wireguard;

/**
 * The numbers of the protocol, by the names of the WireGuard paper (section 6.1) and, where the
 * paper has none, of the Linux kernel's {@code messages.h}. Times are in nanoseconds.
 */
final class Constants {
    private static final long MILLISECOND = 1_000_000;
    private static final long SECOND = 1_000 * MILLISECOND;

    /** A deadline that never comes. */
    static final long NEVER = Long.MAX_VALUE;

    /** An instant before all others. */
    static final long LONG_AGO = Long.MIN_VALUE;

    static final long REKEY_AFTER_MESSAGES = 1L << 60;

    /**
     * 2^64 - 2^13 - 1, to be compared unsigned. The kernel's own limit is 63 higher; the paper's
     * keeps every kind of peer content.
     */
    static final long REJECT_AFTER_MESSAGES = -(1L << 13) - 1;

    static final long REKEY_AFTER_TIME = 120 * SECOND;
    static final long REJECT_AFTER_TIME = 180 * SECOND;
    static final long REKEY_ATTEMPT_TIME = 90 * SECOND;
    static final long REKEY_TIMEOUT = 5 * SECOND;
    static final long KEEPALIVE_TIMEOUT = 10 * SECOND;

    /** Timers that two peers could fire together are spread over this much more. */
    static final long REKEY_TIMEOUT_JITTER_MAX = 333 * MILLISECOND;

    static final int MAX_TIMER_HANDSHAKES = (int) (REKEY_ATTEMPT_TIME / REKEY_TIMEOUT);

    /** An initiator that only receives renews its session at this age, to lose nothing. */
    static final long REKEY_AFTER_TIME_RECEIVING =
            REJECT_AFTER_TIME - KEEPALIVE_TIMEOUT - REKEY_TIMEOUT;

    /** After this much silence nothing secret of a session is kept. */
    static final long ZERO_KEYS_AFTER = 3 * REJECT_AFTER_TIME;

    /** At most 50 initiations a second are consumed of one peer. */
    static final long INITIATION_INTERVAL = SECOND / 50;

    static final long COOKIE_SECRET_MAX_AGE = 120 * SECOND;

    /** A cookie is not used in its last seconds, in which it could expire on the way. */
    static final long COOKIE_SECRET_LATENCY = 5 * SECOND;

    /** Most handshake messages that wait, as in the kernel. */
    static final int MAX_QUEUED_HANDSHAKES = 4096;

    /** Handshakes waiting from which on a device is under load: an eighth, as in the kernel. */
    static final int UNDER_LOAD_HANDSHAKES = MAX_QUEUED_HANDSHAKES / 8;

    /** How long the load lasts after it was last seen. */
    static final long UNDER_LOAD_LINGER = SECOND;

    /**
     * Our own: a peer's name is resolved again, and sockets are bound again, at most this often.
     */
    static final long HEALING_INTERVAL = 10 * SECOND;

    static final int MESSAGE_PADDING_MULTIPLE = 16;
    static final int MAX_STAGED_PACKETS = 128;

    private Constants() {}
}
