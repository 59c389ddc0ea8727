package io.culvert.netstack;

/**
 * ACKs that make the sender of a doubtful segment prove that it is the peer (RFC 5961). Limited for
 * each connection, and in all by a number that changes unpredictably, so that nobody can learn
 * about another's connection from what is left of it (CVE-2016-5696).
 */
final class ChallengeAcks {
    private static final int PER_CONNECTION = 10;
    private static final int AT_LEAST = 1000;
    private static final long SECOND = 1_000_000_000L;

    private final TcpCounters counters;
    private final TcpSecrets secrets;
    private long second = Long.MIN_VALUE;
    private int left;

    ChallengeAcks(TcpCounters counters, TcpSecrets secrets) {
        this.counters = counters;
        this.secrets = secrets;
    }

    void request(TcpConnection c, long now) {
        if (!c.state().isSynchronized() && c.state() != TcpState.SYN_RECEIVED) {
            return;
        }
        if (isAllowed(c, now)) {
            counters.challengeAcks++;
            c.receiver().ackNow();
            c.layer().dirty(c);
        } else {
            counters.challengeAcksLimited++;
        }
    }

    private boolean isAllowed(TcpConnection c, long now) {
        long current = now / SECOND;
        if (c.challengeSecond != (int) current) {
            c.challengeSecond = (int) current;
            c.challenges = 0;
        }
        if (c.challenges == PER_CONNECTION) {
            return false;
        }
        c.challenges++;
        return takeGlobal(current);
    }

    boolean takeGlobal(long current) {
        if (current != second) {
            second = current;
            left = AT_LEAST + secrets.jitter(current, AT_LEAST);
        }
        if (left == 0) {
            return false;
        }
        left--;
        return true;
    }
}
