package io.culvert.tunnel;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/** Makes blocking sockets inside a tunnel, for libraries that take a {@link SocketFactory}. */
final class TunnelSocketFactory extends SocketFactory {
    private final Tunnel tunnel;
    private final NameResolver resolver;

    TunnelSocketFactory(Tunnel tunnel, NameResolver resolver) {
        this.tunnel = tunnel;
        this.resolver = resolver;
    }

    @Override
    public Socket createSocket() throws IOException {
        return new TunnelSocket(tunnel, resolver);
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected(InetSocketAddress.createUnresolved(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port));
    }

    /** The local address is the tunnel's, whatever is asked for. */
    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
            throws IOException {
        return createSocket(host, port);
    }

    @Override
    public Socket createSocket(
            InetAddress address, int port, InetAddress localAddress, int localPort)
            throws IOException {
        return createSocket(address, port);
    }

    private Socket connected(InetSocketAddress remote) throws IOException {
        Socket socket = createSocket();
        try {
            socket.connect(remote);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}
