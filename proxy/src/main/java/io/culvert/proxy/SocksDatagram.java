package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The header that SOCKS5 puts before each datagram (RFC 1928 section 7).
 *
 * <pre>
 * +-----+------+------+----------+----------+------+
 * | RSV | FRAG | ATYP | DST.ADDR | DST.PORT | DATA |
 * |  2  |  1   |  1   | variable |    2     |      |
 * +-----+------+------+----------+----------+------+
 * </pre>
 */
final class SocksDatagram {
    private static final int FIXED = 4;
    private static final int PORT = 2;
    private static final int IPV4 = 1;
    private static final int NAME = 3;
    private static final int IPV6 = 4;
    private static final int MAX_NAME = 255;

    private SocksDatagram() {}

    /**
     * Reads the header and leaves the buffer at the data.
     *
     * @return where the datagram goes, unresolved if to a name; null for a fragment or nonsense
     */
    static @Nullable InetSocketAddress read(ByteBuf datagram) {
        if (datagram.readableBytes() < FIXED + 1 + PORT) {
            return null;
        }
        datagram.skipBytes(2);
        int fragment = datagram.readUnsignedByte();
        int type = datagram.readUnsignedByte();
        int length =
                switch (type) {
                    case IPV4 -> 4;
                    case IPV6 -> 16;
                    case NAME -> datagram.readUnsignedByte();
                    default -> -1;
                };
        // Reassembly is optional, and nobody does it: RFC 1928 has such datagrams dropped.
        if (fragment != 0 || length <= 0 || datagram.readableBytes() < length + PORT) {
            return null;
        }
        if (type == NAME) {
            String name = datagram.readCharSequence(length, StandardCharsets.UTF_8).toString();
            int port = datagram.readUnsignedShort();
            return HostPort.isHost(name)
                    ? Destination.of(Network.UDP, name, port).socketAddress()
                    : null;
        }
        byte[] address = new byte[length];
        datagram.readBytes(address);
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(address), datagram.readUnsignedShort());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + length + " bytes", e);
        }
    }

    /**
     * The datagram with its header.
     *
     * @param peer where it comes from or goes to; unresolved if that is a name
     * @param payload taken over
     * @return null if the header can't hold the name
     */
    static @Nullable ByteBuf write(
            ByteBufAllocator allocator, InetSocketAddress peer, ByteBuf payload) {
        byte[] host =
                peer.isUnresolved()
                        ? peer.getHostString().getBytes(StandardCharsets.UTF_8)
                        : peer.getAddress().getAddress();
        if (host.length > MAX_NAME) {
            payload.release();
            return null;
        }
        ByteBuf out =
                allocator.directBuffer(FIXED + 1 + host.length + PORT + payload.readableBytes());
        out.writeMedium(0);
        if (peer.isUnresolved()) {
            out.writeByte(NAME).writeByte(host.length);
        } else {
            out.writeByte(host.length == 4 ? IPV4 : IPV6);
        }
        out.writeBytes(host).writeShort(peer.getPort()).writeBytes(payload);
        payload.release();
        return out;
    }
}
