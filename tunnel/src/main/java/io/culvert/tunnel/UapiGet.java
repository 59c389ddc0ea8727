package io.culvert.tunnel;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PrivateKey;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/**
 * The reply to {@code get}, written piece by piece, so that a device with very many peers doesn't
 * stop its tunnel: the peers are those of the beginning less those removed since, in the order in
 * which they were added. On the device's thread.
 */
final class UapiGet {
    private static final byte[] DIGITS = {
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
    };
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Device device;
    private final UapiSocketSettings sockets;
    private final Iterator<Peer> peers;
    private Iterator<Cidr> allowed = Collections.emptyIterator();
    private final StringBuilder text = new StringBuilder();
    private boolean begun;

    UapiGet(Device device, UapiSocketSettings sockets) {
        this.device = device;
        this.sockets = sockets;
        peers = device.peers().iterator();
    }

    /**
     * Appends the next lines, a little more than {@code bytes} if there are so many.
     *
     * @return whether that was all; {@code errno} is not part of it
     */
    boolean write(ByteBuf out, int bytes) {
        if (!begun) {
            begun = true;
            writeDevice(out);
        }
        int end = out.writerIndex() + bytes;
        while (out.writerIndex() < end) {
            if (allowed.hasNext()) {
                text.append("allowed_ip=");
                AddressText.append(text, allowed.next());
                endLine(out);
            } else if (peers.hasNext()) {
                Peer peer = peers.next();
                if (peer.isAttached()) {
                    writePeer(out, peer);
                }
            } else {
                return true;
            }
        }
        return false;
    }

    private void writeDevice(ByteBuf out) {
        PrivateKey secret = device.privateKey();
        if (secret != null) {
            writeKey(out, "private_key=", secret.bytes());
            secret.destroy();
        }
        if (sockets.listenPort() != 0) {
            text.append("listen_port=").append(sockets.listenPort());
            endLine(out);
        }
        if (sockets.fwmark() != 0) {
            text.append("fwmark=").append(Integer.toUnsignedString(sockets.fwmark()));
            endLine(out);
        }
    }

    private void writePeer(ByteBuf out, Peer peer) {
        writeKey(out, "public_key=", peer.publicKey().bytes());
        PresharedKey secret = peer.presharedKey();
        writeKey(out, "preshared_key=", secret.bytes());
        secret.destroy();
        text.append("protocol_version=1");
        endLine(out);
        InetSocketAddress endpoint = peer.endpoint();
        if (endpoint != null) {
            text.append("endpoint=");
            AddressText.append(text, endpoint);
            endLine(out);
        }
        long handshake = peer.lastHandshake();
        writeNumber(out, "last_handshake_time_sec=", handshake / SECOND);
        writeNumber(out, "last_handshake_time_nsec=", handshake % SECOND);
        writeNumber(out, "tx_bytes=", peer.txBytes());
        writeNumber(out, "rx_bytes=", peer.rxBytes());
        writeNumber(out, "persistent_keepalive_interval=", peer.persistentKeepalive());
        allowed = peer.allowed().iterator();
    }

    private void writeNumber(ByteBuf out, String name, long value) {
        text.append(name).append(value);
        endLine(out);
    }

    /** Wipes the key; it never becomes a string. */
    private void writeKey(ByteBuf out, String name, byte[] key) {
        writeAscii(out, name);
        for (byte b : key) {
            out.writeByte(DIGITS[(b >> 4) & 0xf]);
            out.writeByte(DIGITS[b & 0xf]);
        }
        Arrays.fill(key, (byte) 0);
        out.writeByte('\n');
    }

    private void endLine(ByteBuf out) {
        writeAscii(out, text);
        out.writeByte('\n');
        text.setLength(0);
    }

    private static void writeAscii(ByteBuf out, CharSequence ascii) {
        for (int i = 0; i < ascii.length(); i++) {
            out.writeByte(ascii.charAt(i));
        }
    }
}
