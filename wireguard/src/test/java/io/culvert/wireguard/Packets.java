package io.culvert.wireguard;

import java.net.InetAddress;
import java.util.SplittableRandom;

/** Inner packets for tests: real headers, payload of recognizable bytes. */
final class Packets {
    private Packets() {}

    static byte[] ip(String source, String destination, int length) {
        InetAddress from = InetAddress.ofLiteral(source);
        InetAddress to = InetAddress.ofLiteral(destination);
        byte[] packet = new byte[length];
        new SplittableRandom(length).nextBytes(packet);
        byte[] fromBytes = from.getAddress();
        byte[] toBytes = to.getAddress();
        if (fromBytes.length == 4) {
            packet[0] = 0x45;
            packet[2] = (byte) (length >>> 8);
            packet[3] = (byte) length;
            System.arraycopy(fromBytes, 0, packet, InnerPacket.IPV4_SOURCE, 4);
            System.arraycopy(toBytes, 0, packet, InnerPacket.IPV4_DESTINATION, 4);
        } else {
            packet[0] = 0x60;
            packet[4] = (byte) ((length - 40) >>> 8);
            packet[5] = (byte) (length - 40);
            System.arraycopy(fromBytes, 0, packet, InnerPacket.IPV6_SOURCE, 16);
            System.arraycopy(toBytes, 0, packet, InnerPacket.IPV6_DESTINATION, 16);
        }
        return packet;
    }
}
