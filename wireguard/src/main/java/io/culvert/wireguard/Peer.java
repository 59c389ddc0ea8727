package io.culvert.wireguard;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One remote party of a {@link Device}, on the device's thread. A peer that was removed, or that
 * has the device's own key, accepts settings without effect. After calls that may cause a message
 * (any setter here, {@link #initiate}) the driver polls the device.
 */
public final class Peer {
    private static final int MAX_PERSISTENT_KEEPALIVE = 65_535;
    private static final long SECOND = 1_000_000_000;

    private final Device device;
    private final PublicKey publicKey;
    private final Set<Cidr> allowed = new LinkedHashSet<>(1);
    private boolean attached;
    private int persistentKeepalive;
    private long lastHandshake;
    private long initiationAllowedAt = Constants.LONG_AGO;

    final PeerEndpoint where;
    final PeerTimers timers;
    final Handshake handshake;
    final Keypairs keypairs;
    final CookieJar cookies;
    final StagedPackets staged = new StagedPackets();
    final PeerActivity activity = new PeerActivity();

    /** The greatest timestamp sent. */
    long lastStamp;

    /** What {@link OutputQueue} has to do for this peer, and whether it has the peer in line. */
    boolean wantsInitiation;

    boolean wantsResponse;
    boolean wantsFlush;
    boolean inLine;

    /** Whether {@link Batch} has the peer on its list. */
    boolean touched;

    long txBytes;
    long rxBytes;

    Peer(Device device, PublicKey publicKey, boolean attached, long lastStamp) {
        this.device = device;
        this.publicKey = publicKey;
        this.attached = attached;
        this.lastStamp = lastStamp;
        where = new PeerEndpoint(this, device);
        timers = new PeerTimers(this, device);
        handshake = new Handshake(this, device.indices);
        keypairs = new Keypairs(device.indices);
        cookies = new CookieJar(device.crypto, publicKey);
    }

    public PublicKey publicKey() {
        return publicKey;
    }

    /** False once removed, and for a peer that has the device's own key. */
    public boolean isAttached() {
        return attached;
    }

    /** Sets the preshared key, of which a copy is kept, for handshakes that end from now on. */
    public void presharedKey(PresharedKey key) {
        if (attached) {
            System.arraycopy(key.raw(), 0, handshake.presharedKey, 0, KeyText.KEY_LENGTH);
        }
    }

    /** A copy of the preshared key, for the caller to destroy; all zero is none. */
    public PresharedKey presharedKey() {
        return PresharedKey.of(handshake.presharedKey);
    }

    /**
     * Says where the peer is; authentic packets from elsewhere change it again. An IPv4-mapped IPv6
     * address counts as the IPv4 address. Null: wait until the peer comes.
     *
     * @throws IllegalArgumentException if the address is a name that was not resolved
     */
    public void endpoint(@Nullable InetSocketAddress e) {
        where.set(e);
    }

    /**
     * Says which addresses the name of the peer's endpoint has, preferred first. The present one
     * stays if it is among them or while the peer is healthy; otherwise the first is taken. Each
     * initiation that stays without an answer moves on to the next, IPv6 and IPv4 in turn.
     *
     * @param addresses resolved; none: they aren't known yet, and packets wait
     * @throws IllegalArgumentException if one is a name that was not resolved
     */
    public void endpoints(List<InetSocketAddress> addresses, long now) {
        where.resolved(addresses, now);
    }

    /** Whether {@link #endpoints} was called last. */
    public boolean hasNamedEndpoint() {
        return where.isNamed();
    }

    public @Nullable InetSocketAddress endpoint() {
        return where.present();
    }

    /** Gives the peer a prefix, which whoever had it loses. */
    public void allow(Cidr prefix) {
        if (!attached) {
            return;
        }
        Peer before = device.allowedIps.insert(prefix, this);
        if (before != null && before != this) {
            before.allowed.remove(prefix);
        }
        allowed.add(prefix);
    }

    /** Takes exactly this prefix from the peer, if it has it. */
    public void disallow(Cidr prefix) {
        if (allowed.remove(prefix)) {
            device.allowedIps.remove(prefix, this);
        }
    }

    /** Gives the peer these prefixes and no others. */
    public void replaceAllowed(Collection<Cidr> prefixes) {
        allowed().forEach(this::disallow);
        prefixes.forEach(this::allow);
    }

    /** A snapshot, in the order in which they were given. */
    public List<Cidr> allowed() {
        return new ArrayList<>(allowed);
    }

    /** Sets the interval and, where that turns it on, begins at once. */
    public void persistentKeepalive(int seconds, long now) {
        if (persistentKeepaliveInterval(seconds)) {
            queueKeepalive(now);
        }
    }

    /**
     * Sends something at least this often, but nothing yet.
     *
     * @param seconds 0..65535; 0 is off
     * @return whether this turns it on, so that {@link #queueKeepalive} is to follow
     * @throws IllegalArgumentException if out of range
     */
    public boolean persistentKeepaliveInterval(int seconds) {
        if (seconds < 0 || seconds > MAX_PERSISTENT_KEEPALIVE) {
            throw new IllegalArgumentException(
                    "persistent keepalive " + seconds + " is not within 0..65535 seconds");
        }
        boolean begins = persistentKeepalive == 0 && seconds != 0;
        persistentKeepalive = seconds;
        if (seconds == 0) {
            timers.persistentKeepaliveOff();
        }
        return begins;
    }

    /** In seconds; 0 is off. */
    public int persistentKeepalive() {
        return persistentKeepalive;
    }

    /** Bytes of all datagrams to the peer, handshakes included, outer headers not. */
    public long txBytes() {
        return txBytes;
    }

    /** Bytes of all datagrams of the peer that were authentic and of use. */
    public long rxBytes() {
        return rxBytes;
    }

    /** When the last handshake was completed, in nanoseconds of the Unix epoch; 0 is never. */
    public long lastHandshake() {
        return lastHandshake;
    }

    /** Tells whether data would leave at once. */
    public boolean hasSession(long now) {
        Keypair current = keypairs.current();
        return current != null && current.maySend(now);
    }

    /** Asks for a handshake; there is at most one initiation in five seconds. */
    public void initiate(long now) {
        queueInitiation(false, now);
    }

    boolean isRunning() {
        return attached && device.isUp();
    }

    long persistentKeepaliveNanos() {
        return persistentKeepalive * SECOND;
    }

    /** Before this instant the gate for initiations is closed. */
    long initiationAllowedAt() {
        return initiationAllowedAt;
    }

    /** An initiation or a response leaves: the gate closes. */
    void handshakeSent(long now) {
        initiationAllowedAt = now + Constants.REKEY_TIMEOUT;
    }

    /** The next initiation may leave at once. */
    void openGate() {
        initiationAllowedAt = Constants.LONG_AGO;
    }

    void queueInitiation(boolean isRetry, long now) {
        if (!isRetry) {
            timers.newReasonToHandshake();
        }
        if (isRunning() && now >= initiationAllowedAt) {
            wantsInitiation = true;
            device.output.add(this);
        }
    }

    /** Without a session the keepalive waits like data, and like data asks for a handshake. */
    public void queueKeepalive(long now) {
        if (isRunning()) {
            staged.addKeepalive();
            flushStaged(now);
            timers.keepaliveQueued(now);
        }
    }

    void flushStaged(long now) {
        if (staged.isEmpty()) {
            return;
        }
        if (hasSession(now)) {
            wantsFlush = true;
            device.output.add(this);
        } else {
            queueInitiation(false, now);
        }
    }

    /** Ends the handshake that was just computed on {@code noise} in a session. */
    void beginSession(NoiseIkPsk2 noise, boolean initiator, long now) {
        byte[] byInitiator = new byte[KeyText.KEY_LENGTH];
        byte[] byResponder = new byte[KeyText.KEY_LENGTH];
        noise.split(byInitiator, byResponder);
        Keypair keypair =
                new Keypair(
                        this,
                        initiator,
                        initiator ? byInitiator : byResponder,
                        initiator ? byResponder : byInitiator,
                        handshake.localIndex(),
                        handshake.remoteIndex,
                        now);
        Arrays.fill(byInitiator, (byte) 0);
        Arrays.fill(byResponder, (byte) 0);
        handshake.become(keypair);
        if (initiator) {
            keypairs.addAsInitiator(keypair);
        } else {
            keypairs.addAsResponder(keypair);
        }
        timers.sessionDerived(now);
    }

    /** The first packet under the session that we began as responder. */
    void confirmSession(long now) {
        keypairs.confirmNext();
        handshakeComplete(now);
        flushStaged(now);
    }

    void handshakeComplete(long now) {
        timers.handshakeComplete();
        lastHandshake = device.epochNanos(now);
        device.emit(new DeviceEvent.HandshakeCompleted(this));
    }

    /**
     * An authentic packet came from this address. The object may say more than it compares, such as
     * at which address of ours, so the newest is kept even where it equals the one before.
     */
    @SuppressWarnings("ReferenceEquality")
    void roam(InetSocketAddress source) {
        if (source != where.present()) {
            where.roam(source);
        }
    }

    /** Moves timers and endpoint for what the packets since the last time left as marks. */
    void settle() {
        if (activity.sent) {
            timers.anyAuthenticatedPacketTraversal(activity.sentAt);
            timers.anyAuthenticatedPacketSent();
            if (activity.sentData) {
                timers.dataSent(activity.sentAt);
            }
            activity.clearSent();
        }
        InetSocketAddress source = activity.source;
        if (source != null) {
            roam(source);
            keepKeyFreshReceiving(activity.receivedAt);
            timers.anyAuthenticatedPacketReceived();
            timers.anyAuthenticatedPacketTraversal(activity.receivedAt);
            if (activity.dataReceived > 0) {
                timers.dataReceived(activity.dataReceived, activity.receivedAt);
            }
            activity.clearReceived();
        }
    }

    private void keepKeyFreshReceiving(long now) {
        Keypair current = keypairs.current();
        if (current != null
                && current.sendingAllowed
                && now >= current.lastMinuteAt
                && timers.lastMinuteHandshakeDue()) {
            queueInitiation(false, now);
        }
    }

    void sourceAddressStale() {
        device.emit(new DeviceEvent.SourceAddressStale(this));
    }

    void giveUpHandshake() {
        device.counters.drop(Drop.STAGED_PURGED, staged.clear());
        device.emit(new DeviceEvent.HandshakeGaveUp(this));
    }

    void expireSessions() {
        boolean had = !keypairs.isEmpty();
        handshake.clear();
        keypairs.clear();
        cookies.destroy();
        if (had) {
            device.emit(new DeviceEvent.SessionsExpired(this));
        }
    }

    /** The private key changed: nothing more is sent under it, and a new handshake may go now. */
    void expireCurrentKeypairs() {
        handshake.staticSecret.forget();
        handshake.clear();
        keypairs.stopSending();
        openGate();
    }

    /** The device goes down. */
    void stop() {
        device.counters.drop(Drop.STAGED_PURGED, staged.clear());
        timers.stop();
        handshake.clear();
        keypairs.clear();
        activity.clearReceived();
        wantsInitiation = false;
        wantsResponse = false;
        wantsFlush = false;
        openGate();
    }

    void detach() {
        replaceAllowed(List.of());
        attached = false;
        stop();
        handshake.destroy();
        cookies.destroy();
    }

    @Override
    public String toString() {
        return "Peer[" + publicKey + ']';
    }
}
