package io.culvert.wireguard;

/**
 * Notices that nobody at all answers, which says more about our own socket than about any peer. A
 * peer that merely calls us, and may be gone for good, is no reason; nor is one of several while
 * another one's session stands.
 */
final class SocketSilence {
    /** The pause between two reports grows to this if they don't help. */
    private static final long LONGEST_PAUSE = 32 * Constants.HEALING_INTERVAL;

    private final Device device;
    private long heardCount;
    private long pause = Constants.HEALING_INTERVAL;
    private long reportedAt = Constants.LONG_AGO;

    SocketSilence(Device device) {
        this.device = device;
    }

    /** An authentic packet of some peer came. */
    void heard() {
        heardCount++;
        pause = Constants.HEALING_INTERVAL;
    }

    long heardCount() {
        return heardCount;
    }

    /**
     * A peer doesn't answer.
     *
     * @param heardBefore {@link #heardCount} when it was asked for the first time
     */
    void suspected(Peer asked, long heardBefore, long now) {
        if (heardCount != heardBefore
                || (reportedAt != Constants.LONG_AGO && now - reportedAt < pause)
                || anotherLives(asked, now)) {
            return;
        }
        if (reportedAt != Constants.LONG_AGO) {
            pause = Math.min(2 * pause, LONGEST_PAUSE);
        }
        reportedAt = now;
        device.emit(new DeviceEvent.SocketUnanswered());
    }

    private boolean anotherLives(Peer asked, long now) {
        for (Peer peer : device.peers()) {
            if (peer != asked && peer.hasSession(now) && peer.where.isHealthy(now)) {
                return true;
            }
        }
        return false;
    }
}
