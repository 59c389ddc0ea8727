package io.culvert.simnet;

import io.culvert.wireguard.Peer;
import org.jspecify.annotations.Nullable;

/**
 * What the five timers of a device allow and demand towards one peer (paper, section 6): nothing is
 * sent without a reason, and nothing that is due stays away. Times are of the device's clock; what
 * counts how long something has been due runs only while the device is awake.
 */
final class PeerTimersModel {
    static final long SECOND = 1_000_000_000L;

    private static final long NEVER = Long.MAX_VALUE;
    private static final long LONG_AGO = Long.MIN_VALUE / 4;

    /** REKEY_TIMEOUT: the gate between initiations. */
    private static final long GATE = 5 * SECOND;

    private static final long JITTER = SECOND / 3 + 1_000_000;

    /** KEEPALIVE_TIMEOUT + REKEY_TIMEOUT: unanswered data asks for a new session. */
    private static final long UNANSWERED = 15 * SECOND;

    private static final long KEEPALIVE = 10 * SECOND;

    /** Session age at which its initiator renews it although it only receives. */
    private static final long LAST_MINUTE = 165 * SECOND;

    /**
     * How long a reason to talk can lie behind the first initiation: two keepalives of 10 s each,
     * or 15 s without an answer, while the gate may be closed for 5 s.
     */
    private static final long REASON = 20 * SECOND + GATE + JITTER;

    /**
     * How many initiations one reason can cause: 20 (A7.2), and those before what it left behind,
     * two keepalives and 15 s without an answer, makes the count begin again.
     */
    private static final int MOST_ATTEMPTS = 20 + 6;

    /** What a driver may be late, which every demand is generous about. */
    private static final long LATE = SECOND;

    /** The slowest pace of attempts. */
    private static final long PACE = GATE + JITTER + LATE;

    private final PeerModel model;
    private final Peer peer;

    /** Of the last initiation or response sent. */
    private long handshakeAt = LONG_AGO;

    private boolean retrying;
    private int attempts;
    private boolean renewalDue;
    private boolean asked;
    private int keepalivesOwed;

    /** Data was sent then and nothing was heard since. */
    private long unansweredAt = NEVER;

    // these are of the clock that runs while the device is awake
    private long initiationAt = LONG_AGO;
    private long reasonAt = LONG_AGO;
    private long receivedAt = LONG_AGO;
    private boolean receivedLate;
    private long unansweredSince = NEVER;
    private long keepaliveDueAt = NEVER;
    private long traversalAt = LONG_AGO;

    /** Of persistent keepalives, in seconds: what was the longest since the last traversal. */
    private int interval;

    PeerTimersModel(PeerModel model) {
        this.model = model;
        peer = model.peer;
        traversalAt = awake();
    }

    private long awake() {
        return model.device.awakeTime();
    }

    /** Somebody wants to talk to the peer. */
    void wish() {
        reasonAt = awake();
    }

    /** Somebody asked for a handshake in so many words. */
    void asked() {
        asked = true;
        wish();
    }

    /** A keepalive that is already waiting may still leave. */
    void persistentKeepaliveChanged(int before, int after) {
        keepalivesOwed++;
        traversalAt = awake();
        interval = Math.max(before, after);
        wish();
    }

    void initiationSent(@Nullable SessionModel current, long now) {
        if (now - handshakeAt < GATE) {
            throw model.violation(
                    "initiates " + (now - handshakeAt) / 1_000_000 + " ms after a handshake");
        }
        handshakeAt = now;
        if (!retrying && !mayRenew(current, now)) {
            throw model.violation("renews a fresh session");
        }
        boolean reason =
                awake() - reasonAt <= REASON || (receivedLate && awake() - receivedAt <= REASON);
        boolean again = retrying && attempts < MOST_ATTEMPTS;
        model.require(
                peer.persistentKeepalive() != 0 || reason || again, "initiates without reason");
        attempts = reason ? 0 : attempts + 1;
        retrying = true;
        renewalDue = false;
        initiationAt = awake();
        sent();
    }

    private boolean mayRenew(@Nullable SessionModel current, long now) {
        boolean unanswered = unansweredAt != NEVER && now - unansweredAt >= UNANSWERED - LATE;
        return current == null || !current.isFresh(now) || asked || unanswered;
    }

    /**
     * It is known at last where the peer is; told before anything that this brings about. Until
     * then attempts were made for every reason, unseen since they had nowhere to go. Those of the
     * last one may still go on, whatever came from the peer, until a handshake is completed (A7:
     * nothing else cancels the retransmission).
     */
    void placeFound(@Nullable SessionModel current, long now) {
        long unseen = Math.max(0, awake() - reasonAt - REASON) / PACE;
        if (unseen < MOST_ATTEMPTS && mayRenew(current, now)) {
            attempts = Math.toIntExact(retrying ? Math.min(attempts, unseen) : unseen);
            retrying = true;
        }
    }

    /** Answering closes the gate again, and what waits before it goes on waiting. */
    void responseSent(long now) {
        if (awake() - reasonAt <= REASON) {
            reasonAt = awake();
        }
        handshakeAt = now;
        renewalDue = false;
        sent();
    }

    void dataSent(SessionModel session, boolean keepalive, long now) {
        if (keepalive && peer.persistentKeepalive() == 0) {
            model.require(--keepalivesOwed >= 0, "sends a keepalive that nobody is owed");
        }
        if (!keepalive) {
            wish(); // it may have waited for long
        }
        if (!keepalive && unansweredSince == NEVER) {
            unansweredSince = awake();
        }
        if (!keepalive && unansweredAt == NEVER) {
            unansweredAt = now;
        }
        if (session.initiator && session.age(now) > SessionModel.REKEY_AFTER) {
            renewalDue = true;
        }
        sent();
    }

    private void sent() {
        keepaliveDueAt = NEVER;
        traversal();
    }

    /** From here the interval counts, and one that was changed before. */
    private void traversal() {
        traversalAt = awake();
        interval = peer.persistentKeepalive();
    }

    void dataReceived(long now) {
        wish();
        if (keepaliveDueAt == NEVER) {
            keepaliveDueAt = awake() + KEEPALIVE;
        }
        keepalivesOwed = Math.clamp(keepalivesOwed + 1, 1, 2);
    }

    void authenticReceived() {
        unansweredSince = NEVER;
        unansweredAt = NEVER;
        traversal();
        receivedAt = awake();
        SessionModel current = model.current;
        receivedLate =
                current != null
                        && current.initiator
                        && current.age(model.device.now()) >= LAST_MINUTE - LATE;
    }

    void responseReceived() {
        keepalivesOwed++;
        wish();
        handshakeCompleted();
    }

    void handshakeCompleted() {
        retrying = false;
        asked = false;
    }

    /**
     * A keepalive that is due goes with the attempts (A7), also one for a session of the peer's.
     */
    void gaveUp() {
        keepaliveDueAt = NEVER;
    }

    /** Whoever waited for an endpoint is called at once; what was due without one wasn't. */
    void endpointSet() {
        unansweredSince = NEVER;
        keepaliveDueAt = NEVER;
        traversalAt = awake();
    }

    /** The gate is open, and sessions there are may be renewed. */
    void resumed() {
        handshakeAt = LONG_AGO;
        asked();
    }

    void keyChanged() {
        handshakeAt = LONG_AGO;
        traversalAt = awake();
        renewalDue = false;
    }

    void stop() {
        handshakeAt = LONG_AGO;
        reasonAt = LONG_AGO;
        retrying = false;
        renewalDue = false;
        asked = false;
        keepalivesOwed = 0;
        unansweredSince = NEVER;
        unansweredAt = NEVER;
        keepaliveDueAt = NEVER;
        traversalAt = awake();
    }

    /** After all that a device had to send: an old session is renewed by whoever sends with it. */
    void turnEnded(long now) {
        if (renewalDue && model.endpoint() != null && now - handshakeAt >= GATE) {
            throw model.violation("goes on with an old session");
        }
        renewalDue = false;
    }

    /** Whether what was due came; called now and then while the device is up and awake. */
    void audit(long now) {
        if (model.endpoint() == null || !model.device.hasKey()) {
            endpointSet();
            return;
        }
        long awake = awake();
        SessionModel current = model.current;
        boolean sessionLasts = current != null && current.maySend(now);
        if (unansweredSince != NEVER
                && awake - unansweredSince > UNANSWERED + JITTER + GATE + LATE
                && initiationAt < unansweredSince) {
            throw model.violation("hears nothing for 15 s and doesn't initiate");
        }
        if (keepaliveDueAt != NEVER && awake > keepaliveDueAt + LATE && sessionLasts) {
            throw model.violation("leaves data without a keepalive");
        }
        long most = 2 * Math.max(interval * SECOND, GATE + JITTER) + LATE;
        if (peer.persistentKeepalive() != 0 && awake - traversalAt > most) {
            throw model.violation("sends no persistent keepalive");
        }
    }
}
