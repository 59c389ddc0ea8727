package io.culvert.wireguard;

import java.net.InetSocketAddress;

/** One message on the way between two hosts. */
final class Datagram {
    final Host from;
    final InetSocketAddress source;
    final InetSocketAddress destination;
    final byte[] bytes;
    final long at;

    Datagram(Host from, InetSocketAddress destination, byte[] bytes, long at) {
        this.from = from;
        this.source = from.address;
        this.destination = destination;
        this.bytes = bytes;
        this.at = at;
    }

    int type() {
        return bytes[0];
    }

    boolean isInitiation() {
        return type() == InitiationMessage.TYPE;
    }

    boolean isResponse() {
        return type() == ResponseMessage.TYPE;
    }

    boolean isCookieReply() {
        return type() == CookieReplyMessage.TYPE;
    }

    boolean isKeepalive() {
        return type() == TransportMessage.TYPE && bytes.length == TransportMessage.MIN_LENGTH;
    }

    boolean isData() {
        return type() == TransportMessage.TYPE && bytes.length > TransportMessage.MIN_LENGTH;
    }

    @Override
    public String toString() {
        return from.name + " type " + type() + " length " + bytes.length + " at " + at;
    }
}
