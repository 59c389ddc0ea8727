package io.culvert.proxy;

import static io.culvert.proxy.SocksInboundTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A client's side of a UDP association. */
final class SocksAssociated implements AutoCloseable {
    final Socket control;
    final DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    final InetSocketAddress relay;

    SocksAssociated(ProxyRig rig) throws IOException {
        control = rig.connect("in");
        socket.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
        SocksClient.greet(control, 0);
        SocksClient.method(control);
        control.getOutputStream()
                .write(SocksClient.request(SocksClient.UDP_ASSOCIATE, "0.0.0.0", 0));
        SocksClient.Reply reply = SocksClient.Reply.read(control);
        assertThat(reply.code()).isZero();
        relay = reply.bound();
    }

    void send(int fragment, String host, int port, String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 0, (byte) fragment});
        out.writeBytes(SocksClient.address(host, port));
        out.writeBytes(bytes(text));
        socket.send(new DatagramPacket(out.toByteArray(), out.size(), relay));
    }

    /** The payload of the next datagram, which must name that source. */
    String receive(String host, int port) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[65536], 65536);
        socket.receive(packet);
        byte[] data = Arrays.copyOf(packet.getData(), packet.getLength());
        byte[] source = SocksClient.address(host, port);
        assertThat(Arrays.copyOfRange(data, 3, 3 + source.length)).isEqualTo(source);
        return new String(
                data, 3 + source.length, data.length - 3 - source.length, StandardCharsets.UTF_8);
    }

    /** Sends, again and again where it is lost, until an answer comes, which must be the same. */
    void sendUntilAnswered(String host, int port, String text) throws IOException {
        socket.setSoTimeout(200);
        for (int i = 0; i < ProxyRig.PATIENCE_MILLIS / 200; i++) {
            send(0, host, port, text);
            try {
                assertThat(receive(host, port)).isEqualTo(text);
                return;
            } catch (SocketTimeoutException e) {
                // once more
            }
        }
        throw new AssertionError("no answer");
    }

    @Override
    public void close() throws IOException {
        control.close();
        socket.close();
    }
}
