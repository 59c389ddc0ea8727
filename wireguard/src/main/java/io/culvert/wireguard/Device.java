package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A WireGuard interface as a pure state machine: datagrams, packets and time go in, datagrams,
 * packets and the next deadline come out. Where implementations of the protocol differ, it does
 * what the Linux kernel does.
 *
 * <p>A driver's turn: {@link #receive} for each datagram, {@link #endBatch}, then {@link
 * #pollTransmit} and {@link #seal} until there is nothing left to send, then a timer for {@link
 * #nextDeadline}, upon which {@link #handleTimers} and again {@link #pollTransmit}.
 *
 * <p>{@code now} is monotonic time in nanoseconds that should go on while the machine sleeps; it
 * never goes back from one call to the next. Not thread-safe: one thread owns a device, its peers
 * and all memory it is given. What a remote party can cause is dropped and counted, never thrown.
 */
public final class Device {
    /** Bytes of a transport message before the packet. */
    public static final int HEADER = TransportMessage.PACKET;

    /** Bytes of the tag behind the packet. */
    public static final int TAG = TransportMessage.TAG;

    /** Bytes by which a datagram is longer than its padded packet. */
    public static final int OVERHEAD = HEADER + TAG;

    /** Most bytes of padding. */
    public static final int MAX_PADDING = Constants.MESSAGE_PADDING_MULTIPLE - 1;

    /** {@link #seal}: the packet was copied and leaves through {@link #pollTransmit}. */
    public static final int STAGED = 0;

    /** {@link #seal}: no peer has the destination address, or the device is down. */
    public static final int NO_PEER = -1;

    /** {@link #seal}: it isn't known where the peer is. */
    public static final int NO_ENDPOINT = -2;

    private final PeerTable peers = new PeerTable();
    private final EventQueue events = new EventQueue();
    private final DeadlineQueue deadlines = new DeadlineQueue();
    private final HandshakeReceiver handshakeReceiver;
    private final TransportReceiver transportReceiver;
    private @Nullable LocalIdentity identity;
    private long wallClockOffset;
    private boolean up;

    final Entropy entropy;
    final int mtu;
    final Primitives crypto = new Primitives();
    final NoiseIkPsk2 noise = new NoiseIkPsk2(crypto);
    final AllowedIps allowedIps = new AllowedIps();
    final DeviceCounters counters = new DeviceCounters();
    final Batch batch = new Batch(deadlines);
    final HandshakeSteps handshakeSteps = new HandshakeSteps(this);
    final InlineHandshakes inlineHandshakes = new InlineHandshakes(this, handshakeSteps);
    final HandshakeLoans handshakeLoans = new HandshakeLoans(this, handshakeSteps);
    final SocketSilence silence = new SocketSilence(this);
    final OutputQueue output;
    final HandshakeSender handshakeSender;
    final TransportSender transportSender;
    final IndexTable indices;
    final Jitter jitter;

    /**
     * Makes a device that is down and has no key.
     *
     * @param mtu longest inner packet in bytes, beyond which nothing is padded; 0 if unknown
     * @throws IllegalArgumentException if the MTU is not within 0..65535
     */
    public Device(Entropy entropy, int mtu) {
        if (mtu < 0 || mtu > 0xffff) {
            throw new IllegalArgumentException("MTU " + mtu + " is not within 0..65535");
        }
        this.entropy = entropy;
        this.mtu = mtu;
        indices = new IndexTable(entropy);
        jitter = new Jitter(entropy);
        output = new OutputQueue(this);
        handshakeSender = new HandshakeSender(this);
        transportSender = new TransportSender(this, output);
        handshakeReceiver = new HandshakeReceiver(this, new SipHash(entropy));
        transportReceiver = new TransportReceiver(this);
    }

    /**
     * Sets the wall clock: nanoseconds since the Unix epoch are {@code now + offsetNanos}. Only
     * timestamps of initiations and {@link Peer#lastHandshake} depend on it.
     */
    public void wallClock(long offsetNanos) {
        wallClockOffset = offsetNanos;
    }

    /**
     * Sets the private key, of which a copy is kept, or takes it away. A peer with the same public
     * key is removed; sessions go on receiving but send no more, and handshakes begin anew.
     */
    public void privateKey(@Nullable PrivateKey key, long now) {
        LocalIdentity old = identity;
        if (old == null ? key == null : old.isOf(key)) {
            return;
        }
        identity = key == null ? null : new LocalIdentity(key);
        handshakeLoans.forget();
        if (old != null) {
            old.destroy();
        }
        PublicKey own = publicKey();
        Peer self = own == null ? null : peers.find(own);
        if (self != null) {
            removePeer(self);
        }
        for (Peer peer : peers.all()) {
            peer.expireCurrentKeypairs();
            if (up && own != null && peer.persistentKeepalive() != 0) {
                peer.queueKeepalive(now);
            }
        }
        emit(new DeviceEvent.KeysChanged(own));
    }

    /** A copy of the private key, for the caller to destroy; null while there is none. */
    public @Nullable PrivateKey privateKey() {
        return identity == null ? null : PrivateKey.of(identity.privateBytes);
    }

    /** Of the private key; null while there is none. */
    public @Nullable PublicKey publicKey() {
        return identity == null ? null : identity.publicKey;
    }

    /**
     * Adds a peer, or returns the one that has the key. The device's own key gives a peer that
     * takes settings and does nothing.
     */
    public Peer addPeer(PublicKey key) {
        return peers.add(this, key);
    }

    public @Nullable Peer peer(PublicKey key) {
        return peers.find(key);
    }

    /** Removes a peer with all it has; nothing happens if that was done before. */
    public void removePeer(Peer peer) {
        if (peers.remove(peer)) {
            emit(new DeviceEvent.PeerRemoved(peer));
        }
    }

    /** A snapshot, in the order of addition. */
    public List<Peer> peers() {
        return peers.snapshot();
    }

    /** The peer that owns an inner address by the longest prefix. */
    public @Nullable Peer route(InetAddress destination) {
        return allowedIps.find(destination.getAddress());
    }

    /** Begins to take part; peers with persistent keepalive are called at once. */
    public void up(long now) {
        if (up) {
            return;
        }
        up = true;
        for (Peer peer : peers.all()) {
            if (peer.persistentKeepalive() != 0) {
                peer.queueKeepalive(now);
            }
        }
    }

    /** Forgets all sessions, handshakes and waiting packets; peers and settings stay. */
    public void down(long now) {
        if (!up) {
            return;
        }
        batch.settle();
        up = false;
        output.clear();
        handshakeLoans.forget();
        peers.all().forEach(Peer::stop);
    }

    /**
     * Says that the machine slept, or was moved in time some other way. Which of our addresses
     * peers are talked to from is forgotten, and every peer with a session, a persistent keepalive
     * or waiting packets is asked for a handshake at once. To be called before {@link
     * #handleTimers}, which forgets sessions that grew too old.
     */
    public void resumed(long now) {
        batch.settle();
        if (up) {
            peers.all().forEach(peer -> peer.where.resumed(now));
        }
    }

    public boolean isUp() {
        return up;
    }

    /** Goes down, removes all peers and zeroes every key. */
    public void close(long now) {
        down(now);
        peers().forEach(this::removePeer);
        privateKey(null, now);
        handshakeReceiver.destroy();
        noise.wipe();
        crypto.wipeScratch();
    }

    /**
     * Says how much handshake work waits outside, which beside {@link #handshakesWaiting} is what
     * decides whether the device is under load: from 512 on, and for a second after, an initiator
     * has to prove its address first.
     */
    public void load(int handshakesWaiting, long now) {
        handshakeReceiver.load(handshakesWaiting, now);
    }

    /** Processes a datagram of which it isn't known how the network marked it. */
    public int receive(
            MemorySegment m, long offset, int length, InetSocketAddress source, long now) {
        return receive(m, offset, length, source, Ecn.NOT_ECT, now);
    }

    /**
     * Says whether initiations and responses that pass the cheap checks wait, at most 4096, for the
     * driver to serve them ({@link #lendHandshakes}); off, they are processed within {@link
     * #receive}. Turned off, what waits has still to be served.
     */
    public void deferHandshakes(boolean on) {
        handshakeReceiver.defer(on);
    }

    /** Handshake messages that wait and aren't on loan. */
    public int handshakesWaiting() {
        return handshakeLoans.waiting();
    }

    /**
     * Lends the Diffie-Hellman work of the messages that wait longest. They may come back to
     * waiting, with their next step.
     *
     * @param most messages; 16 is the most of all
     * @return null when none waits, or too many loans are out
     */
    public @Nullable HandshakeWork lendHandshakes(int most) {
        return handshakeLoans.lend(most);
    }

    /**
     * Takes a loan back and applies its results, as far as what they were computed from still
     * stands. {@link #pollTransmit} follows. Work that was not run is dropped.
     *
     * @throws IllegalStateException if it is not on loan from this device
     */
    public void returnHandshakes(HandshakeWork work, long now) {
        handshakeLoans.giveBack(work, now);
    }

    /**
     * Processes one datagram in place; its memory is only borrowed, and what it holds afterwards is
     * only defined if a packet is returned.
     *
     * @param ecn the two ECN bits of the outer packet, which mark the inner one (RFC 6040)
     * @return the length of the inner IP packet, which now lies at {@code offset + HEADER}, or 0
     */
    public int receive(
            MemorySegment m, long offset, int length, InetSocketAddress source, int ecn, long now) {
        if (!up || length < Integer.BYTES) {
            counters.drop(up ? Drop.MALFORMED : Drop.DOWN);
            return 0;
        }
        // the type byte and its three reserved bytes are one number
        int type = m.get(Wire.INT_LE, offset);
        if (type == TransportMessage.TYPE) {
            return transportReceiver.receive(m, offset, length, source, ecn, now);
        }
        handshakeReceiver.receive(type, m, offset, length, source, now);
        return 0;
    }

    /** The peer of the last {@link #receive} that returned a packet. */
    public @Nullable Peer sender() {
        return transportReceiver.sender;
    }

    /** Ends a batch of {@link #receive}: moves timers and endpoints, asks for fresh keys. */
    public void endBatch(long now) {
        batch.settle();
    }

    /**
     * Writes the next datagram that the protocol itself wants out: handshake, cookie reply,
     * keepalive, or data that was staged. To keep packets in order, poll until there is none before
     * {@link #seal}.
     *
     * @param capacity bytes at {@code offset}; enough is the MTU and {@link #OVERHEAD}, and 148
     * @return its length, or 0
     * @throws IllegalArgumentException if the capacity is less than what has to be written; nothing
     *     is lost
     */
    public int pollTransmit(MemorySegment out, long offset, int capacity, long now) {
        batch.settleReceived();
        return up ? output.poll(out, offset, capacity, now) : 0;
    }

    /** Tells cheaply whether {@link #pollTransmit} may have something. */
    public boolean hasOutput() {
        return !output.isEmpty();
    }

    /**
     * Encrypts the IP packet at {@code offset + HEADER} in place for the peer that its destination
     * belongs to. {@link #MAX_PADDING} and {@link #TAG} bytes behind it must be free.
     *
     * @return the length of the datagram, which now lies at {@code offset}, or {@link #STAGED},
     *     {@link #NO_PEER}, {@link #NO_ENDPOINT}
     */
    public int seal(MemorySegment m, long offset, int packetLength, long now) {
        if (!up) {
            counters.drop(Drop.DOWN);
            return NO_PEER;
        }
        batch.settleReceived();
        return transportSender.seal(m, offset, packetLength, now);
    }

    /** Where the datagram of the last {@link #pollTransmit} or {@link #seal} goes. */
    public @Nullable InetSocketAddress destination() {
        return output.destination;
    }

    /** Whose that datagram is; null for a cookie reply, which goes to whoever has to prove it. */
    public @Nullable Peer recipient() {
        return output.recipient;
    }

    /**
     * The DSCP and ECN byte that the outer packet of that datagram should have: AF41 for
     * handshakes, 0 for cookie replies, and for data the ECN bits of the inner packet, whose DSCP
     * is nobody's business.
     */
    public int trafficClass() {
        return output.trafficClass;
    }

    /** When {@link #handleTimers} has something to do; {@link Long#MAX_VALUE} is never. */
    public long nextDeadline() {
        batch.settle();
        return Math.min(deadlines.nextDeadline(), handshakeReceiver.nextDeadline());
    }

    /** Handles every deadline up to now, each once however late. */
    public void handleTimers(long now) {
        batch.settle();
        handshakeReceiver.handleTimers(now);
        while (deadlines.nextDeadline() <= now) {
            PeerTimers timers = deadlines.first();
            timers.fire(now);
            deadlines.update(timers);
        }
    }

    /**
     * The next thing that happened; of more than 1024 that nobody asked for the oldest are lost.
     */
    public @Nullable DeviceEvent pollEvent() {
        return events.poll();
    }

    /** Handshakes and sessions that hold an index, at most four a peer; 0 when all is forgotten. */
    public int liveIndices() {
        return indices.size();
    }

    public DeviceCounters counters() {
        return counters;
    }

    @Nullable LocalIdentity identity() {
        return identity;
    }

    long epochNanos(long now) {
        return now + wallClockOffset;
    }

    void emit(DeviceEvent event) {
        events.add(event);
    }
}
