package io.culvert.wireguard;

import static io.culvert.wireguard.FuzzInput.require;

import java.net.InetSocketAddress;

/**
 * Raw datagrams from anywhere to a device with a session, with time passing between them. What is
 * not of a peer goes nowhere: it is counted, and nothing of the peer changes.
 */
public final class DatagramFuzz {
    private static final int MAX_STEPS = 64;

    private DatagramFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        Pair pair = Pair.connected(1);
        FuzzInput input = new FuzzInput(data);
        for (int step = 0; step < MAX_STEPS && !input.isEmpty(); step++) {
            int decision = input.octet();
            byte[] datagram = input.bytes(length(input, decision));
            if ((decision & 0x40) != 0) {
                address(pair, datagram);
            }
            give(
                    pair,
                    datagram,
                    new InetSocketAddress("198.51.100." + (decision & 3), 1 + decision));
            if ((decision & 0x80) != 0) {
                pair.jump(input.octet() * Pair.SECOND);
                pair.fire();
            }
        }
    }

    private static int length(FuzzInput input, int decision) {
        return switch (decision >> 3 & 7) {
            case 0 -> InitiationMessage.LENGTH;
            case 1 -> ResponseMessage.LENGTH;
            case 2 -> CookieReplyMessage.LENGTH;
            case 3 -> TransportMessage.MIN_LENGTH;
            default -> input.below(300);
        };
    }

    /** Gives it the type that its length allows, and the index of the session that is there. */
    private static void address(Pair pair, byte[] datagram) {
        Keypair session = pair.bobToAlice.keypairs.current();
        if (datagram.length < TransportMessage.MIN_LENGTH || session == null) {
            return;
        }
        int type =
                switch (datagram.length) {
                    case InitiationMessage.LENGTH -> InitiationMessage.TYPE;
                    case ResponseMessage.LENGTH -> ResponseMessage.TYPE;
                    case CookieReplyMessage.LENGTH -> CookieReplyMessage.TYPE;
                    default -> TransportMessage.TYPE;
                };
        Wire.intLe(datagram, 0, type);
        int receiver = type == ResponseMessage.TYPE ? ResponseMessage.RECEIVER : 4;
        Wire.intLe(datagram, receiver, session.localIndex);
        if (type == InitiationMessage.TYPE || type == ResponseMessage.TYPE) {
            HandshakeForgery.mac1(datagram, pair.bob);
        }
    }

    private static void give(Pair pair, byte[] datagram, InetSocketAddress source) {
        Device bob = pair.bob.device;
        long before = Fingerprint.of(pair.bobToAlice);
        long dropped = bob.counters().dropped();
        require(pair.bob.receive(datagram, source, pair.now) == null, "no packet comes out");
        bob.endBatch(pair.now);
        require(bob.counters().dropped() == dropped + 1, "it is counted, once");
        require(Fingerprint.of(pair.bobToAlice) == before, "nothing of the peer changes");
        require(!bob.hasOutput(), "nobody is answered");
    }
}
