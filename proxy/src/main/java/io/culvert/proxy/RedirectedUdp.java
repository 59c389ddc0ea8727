package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams under a {@link Redirect}: what comes back seems to come from where the client sent its
 * last datagram, since the client knows of no other place.
 */
final class RedirectedUdp implements UdpPort, UdpReceiver {
    private final Redirect redirect;
    private final UdpReceiver client;
    private final UdpPort port;
    private @Nullable InetSocketAddress asked;

    /**
     * @param open makes the port that sends to where the redirect points
     */
    RedirectedUdp(Redirect redirect, UdpReceiver client, Function<UdpReceiver, UdpPort> open) {
        this.redirect = redirect;
        this.client = client;
        port = open.apply(this);
    }

    @Override
    public void send(InetSocketAddress destination, ByteBuf payload) {
        asked = destination;
        port.send(redirect.apply(destination), payload);
    }

    @Override
    public boolean isWritable() {
        return port.isWritable();
    }

    @Override
    public void writable() {
        client.writable();
    }

    @Override
    public void flush() {
        port.flush();
    }

    @Override
    public void close() {
        port.close();
    }

    @Override
    public void datagram(InetSocketAddress from, ByteBuf payload) {
        client.datagram(asked == null ? from : asked, payload);
    }

    @Override
    public void unreached(InetSocketAddress destination, Failure why) {
        client.unreached(asked == null ? destination : asked, why);
    }

    @Override
    public void readComplete() {
        client.readComplete();
    }
}
