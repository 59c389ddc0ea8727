package io.culvert.wireguard;

import io.culvert.crypto.Blake2s;

/** What everybody can do who knows a public key. */
final class HandshakeForgery {
    private HandshakeForgery() {}

    /** Makes mac1 anew, in place, for a receiver; mac2 stays. */
    static byte[] mac1(byte[] message, Host receiver) {
        int mac1 = message.length - Macs.LENGTH;
        byte[] key = Macs.mac1Key(receiver.key.publicKey().bytes());
        Macs.compute(new Blake2s(Macs.MAC_LENGTH), key, message, mac1, message, mac1);
        return message;
    }
}
