package io.culvert.simnet;

import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PublicKey;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Judges one device by everything that goes into it and comes out of it, with a {@link PeerModel}
 * of each of its peers. Knows nothing of the device's inside.
 */
final class DeviceModel {
    private final LifeNode node;
    private final Map<PublicKey, PeerModel> peers = new HashMap<>();
    private final Map<Integer, Holder> indices = new HashMap<>();
    private final OutcomeWatch outcomes;
    private final CookieModel cookies;
    private final DeliveryModel deliveries;

    /** Whether anything that happened since the last turn allows the device to speak. */
    private boolean mayTalk;

    private record Holder(PeerModel peer, @Nullable SessionModel session) {}

    DeviceModel(LifeNode node) {
        this.node = node;
        outcomes = new OutcomeWatch(node.device);
        cookies = new CookieModel(node);
        deliveries = new DeliveryModel(node);
    }

    LifeWorld world() {
        return node.world;
    }

    CookieModel cookies() {
        return cookies;
    }

    DeliveryModel deliveries() {
        return deliveries;
    }

    boolean hasKey() {
        return node.device.publicKey() != null;
    }

    long now() {
        return node.now();
    }

    long awakeTime() {
        return node.awakeTime();
    }

    /** An index of ours names a handshake, or a session. */
    void indexOf(int index, PeerModel peer, @Nullable SessionModel session) {
        indices.put(index, new Holder(peer, session));
    }

    /** The administrator or a timer acted: the device may have something to say. */
    void mayTalk() {
        mayTalk = true;
    }

    PeerModel added(Peer peer) {
        PeerModel model = new PeerModel(this, peer);
        peers.put(model.key, model);
        return model;
    }

    void removed(Peer peer) {
        PeerModel model = peers.remove(peer.publicKey());
        if (model != null) {
            model.stop();
        }
    }

    PeerModel of(Peer peer) {
        PeerModel model = peers.get(peer.publicKey());
        if (model == null || model.peer != peer) {
            throw violation("deals with a peer that was removed");
        }
        return model;
    }

    List<PeerModel> peers() {
        return new ArrayList<>(peers.values());
    }

    void keyChanged() {
        mayTalk = true;
        peers.values().forEach(PeerModel::keyChanged);
    }

    /** The device is told that it slept: it may renew everything at once. */
    void resumed() {
        peers.values().forEach(peer -> peer.timers.resumed());
    }

    void down() {
        peers.values().forEach(PeerModel::stop);
        cookies.forget();
    }

    void sent(byte[] message, InetSocketAddress destination, @Nullable Peer recipient) {
        int type = LifeMessage.type(message, message.length);
        if (type == LifeMessage.COOKIE) {
            cookies.sent(message, destination);
            require(recipient == null, "sends a cookie reply to a peer");
            return;
        }
        if (recipient == null || type == 0) {
            throw violation("sends what is no WireGuard message, or to nobody");
        }
        require(mayTalk, "is made to send by what isn't authentic");
        PeerModel model = of(recipient);
        require(destination.equals(model.endpoint()), "sends to where the peer isn't");
        long now = now();
        switch (type) {
            case LifeMessage.INITIATION -> model.sentInitiation(message, now);
            case LifeMessage.RESPONSE -> model.sentResponse(message, now);
            default -> model.sentData(message, now);
        }
        if (LifeMessage.isHandshake(type)) {
            require(
                    world().forger().validMac1(model.key, message, message.length),
                    "sends a wrong mac1");
        }
    }

    /** Before the device sees a datagram. */
    void receiving() {
        outcomes.mark();
        cookies.receiving();
    }

    /** After it, and before anything else; tells what the device made of it. */
    Outcome received(LifeArrival arrival) {
        Outcome outcome = outcome();
        cookies.received(arrival.data, arrival.length, arrival.source, outcome);
        if (outcome.authentic) {
            accepted(arrival.data, arrival.length, arrival.source, outcome);
        }
        return outcome;
    }

    /** How many waiting messages the device refused as it looked at them. */
    int refusedUnseen() {
        return outcomes.refused();
    }

    /** A step of a message that waited was computed; tells whether it made it authentic. */
    boolean served(LifeArrival arrival) {
        Outcome outcome = outcome();
        if (outcome.authentic) {
            accepted(arrival.data, arrival.length, arrival.source, outcome);
        }
        return outcome.authentic;
    }

    private Outcome outcome() {
        Outcome outcome = outcomes.next();
        if (outcome == null) {
            throw violation("counts a datagram more than once");
        }
        return outcome;
    }

    private void accepted(byte[] message, int length, InetSocketAddress source, Outcome outcome) {
        LifeArchive.Entry genuine = world().archive().find(message, length);
        if (genuine == null) {
            throw violation("takes a forgery for a message: " + outcome);
        }
        PeerModel model = acceptor(genuine, message, outcome);
        if (genuine.acceptedBy == model) {
            throw model.violation("takes a message twice: " + outcome);
        }
        genuine.acceptedBy = model;
        require(genuine.from == world().owner(model.key), "takes one peer for another");
        long now = now();
        switch (outcome) {
            case INITIATION -> model.acceptedInitiation(genuine(message, length), source, now);
            case RESPONSE -> {
                model.require(
                        Arrays.equals(genuine.presharedKey, node.presharedKey(model.key)),
                        "takes a response under another preshared key");
                model.acceptedResponse(genuine(message, length), source, now);
            }
            case COOKIE -> {
                model.acceptedCookie(now);
                return;
            }
            default -> data(model, message, length, source, outcome);
        }
        mayTalk = true;
    }

    private static byte[] genuine(byte[] message, int length) {
        return message.length == length ? message : Arrays.copyOf(message, length);
    }

    private void data(
            PeerModel model, byte[] message, int length, InetSocketAddress source, Outcome o) {
        Holder holder = indices.get(LifeMessage.receiver(message, LifeMessage.DATA));
        SessionModel session = holder == null ? null : holder.session();
        if (session == null) {
            throw violation("receives under a session that never was");
        }
        require(
                (length == LifeMessage.KEEPALIVE_LENGTH) == (o == Outcome.KEEPALIVE),
                "takes a keepalive for data, or data for a keepalive");
        model.acceptedData(session, length, o == Outcome.REFUSED ? 0 : length, source, now());
    }

    private PeerModel acceptor(LifeArchive.Entry genuine, byte[] message, Outcome outcome) {
        PublicKey own = node.device.publicKey();
        PeerModel model;
        if (outcome == Outcome.INITIATION) {
            PublicKey sender = genuine.senderKey;
            model = sender == null ? null : peers.get(sender);
            require(
                    genuine.recipientKey != null && genuine.recipientKey.equals(own),
                    "takes an initiation for somebody else");
        } else {
            Holder holder = indices.get(LifeMessage.receiver(message, genuine.type));
            model = holder == null ? null : holder.peer();
        }
        if (model == null || peers.get(model.key) != model) {
            throw violation("accepts from a peer it doesn't have: " + outcome);
        }
        return model;
    }

    /** Everything that was to be sent has been. */
    void turnEnded() {
        mayTalk = false;
        cookies.turnEnded();
        long now = now();
        for (PeerModel model : peers.values()) {
            model.timers.turnEnded(now);
            model.agree(now);
        }
    }

    /** Now and then while the device is up and awake. */
    void audit() {
        long now = now();
        int most = 0;
        for (PeerModel model : peers.values()) {
            model.timers.audit(now);
            model.agree(now);
            most += model.indices();
        }
        int held = node.device.liveIndices();
        require(held <= most, "holds " + held + " indices, at most " + most + " are accounted for");
    }

    void require(boolean holds, String breach) {
        if (!holds) {
            throw violation(breach);
        }
    }

    AssertionError violation(String breach) {
        return world().violation(node, breach);
    }
}
