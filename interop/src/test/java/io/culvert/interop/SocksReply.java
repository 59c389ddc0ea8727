package io.culvert.interop;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;

/** SOCKS-PORT HOST PORT: asks for CONNECT and prints the reply code. */
final class SocksReply {
    private SocksReply() {}

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[2]);
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]))) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            socket.getOutputStream().write(new byte[] {5, 1, 0});
            in.readUnsignedShort();
            byte[] address = InetAddress.getByName(arguments[1]).getAddress();
            byte[] request = new byte[6 + address.length];
            request[0] = 5;
            request[1] = 1;
            request[3] = (byte) (address.length == 4 ? 1 : 4);
            System.arraycopy(address, 0, request, 4, address.length);
            request[4 + address.length] = (byte) (port >> 8);
            request[5 + address.length] = (byte) port;
            socket.getOutputStream().write(request);
            in.readUnsignedByte();
            System.out.println(in.readUnsignedByte());
        }
    }
}
