package io.culvert.proxy;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Says SOCKS5 byte by byte. */
final class SocksClient {
    static final int CONNECT = 1;
    static final int BIND = 2;
    static final int UDP_ASSOCIATE = 3;

    private SocksClient() {}

    static void greet(Socket socket, int... methods) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(5);
        out.write(methods.length);
        for (int method : methods) {
            out.write(method);
        }
        socket.getOutputStream().write(out.toByteArray());
    }

    /** The method that the server chose. */
    static int method(Socket socket) throws IOException {
        byte[] answer = new DataInputStream(socket.getInputStream()).readNBytes(2);
        return answer.length < 2 ? -1 : answer[1] & 0xff;
    }

    static void login(Socket socket, String user, String pass) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(1);
        out.write(user.length());
        out.writeBytes(user.getBytes(StandardCharsets.UTF_8));
        out.write(pass.length());
        out.writeBytes(pass.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().write(out.toByteArray());
    }

    static byte[] request(int command, String host, int port) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {5, (byte) command, 0});
        out.writeBytes(address(host, port));
        return out.toByteArray();
    }

    static byte[] address(String host, int port) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        InetAddress literal = Destination.literal(host);
        if (literal == null) {
            out.write(3);
            out.write(host.length());
            out.writeBytes(host.getBytes(StandardCharsets.UTF_8));
        } else {
            out.write(literal.getAddress().length == 4 ? 1 : 4);
            out.writeBytes(literal.getAddress());
        }
        out.write(port >> 8);
        out.write(port);
        return out.toByteArray();
    }

    /** Greets without authentication and sends a command; the reply code. */
    static int open(Socket socket, int command, String host, int port) throws IOException {
        greet(socket, 0);
        method(socket);
        socket.getOutputStream().write(request(command, host, port));
        return reply(socket);
    }

    static int reply(Socket socket) throws IOException {
        return Reply.read(socket).code;
    }

    /** A reply and the address in it. */
    record Reply(int code, InetSocketAddress bound) {
        static Reply read(Socket socket) throws IOException {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            in.readUnsignedByte();
            int code = in.readUnsignedByte();
            in.readUnsignedByte();
            int length = in.readUnsignedByte() == 1 ? 4 : 16;
            byte[] address = in.readNBytes(length);
            return new Reply(
                    code,
                    new InetSocketAddress(
                            InetAddress.getByAddress(address), in.readUnsignedShort()));
        }
    }
}
