package io.culvert.tunnel;

import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import java.io.IOException;
import java.net.BindException;
import java.net.SocketException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Where a tunnel's UDP sockets are bound, and how they come to others. Event loop only. */
final class UdpBinding {
    private final Device device;
    private UdpTransport transport;

    /** The port that was asked for; 0 when any will do. */
    private int wanted;

    private long rebinds;
    private @Nullable Instant lastRebind;

    UdpBinding(Device device, UdpTransport transport, TunnelConfig config) {
        this.device = device;
        this.transport = transport;
        wanted = port(config);
    }

    private static int port(TunnelConfig config) {
        return config.listen() == null ? 0 : config.listen().getPort();
    }

    /**
     * The tunnel goes over to another transport, with the mark of the present one; where that has
     * none, what the way's socket options say stays.
     *
     * @param way what the transport was opened for
     * @throws SocketException where it can't be marked; it is closed then
     */
    void transport(UdpTransport fresh, TunnelConfig way) throws SocketException {
        try {
            if (transport.fwmark() != 0) {
                fresh.fwmark(transport.fwmark());
            }
        } catch (SocketException e) {
            fresh.close();
            throw e;
        }
        transport = fresh;
        wanted = port(way);
        forgetSourceAddresses();
    }

    int port() {
        return transport.local().getPort();
    }

    /**
     * Moves the sockets to another port, or to fresh ones on the same; 0 lets the system choose.
     *
     * @throws BindException when that cannot be; the old sockets go on as if nothing had been
     */
    void port(int port) throws BindException {
        rebind(port);
        wanted = port;
    }

    /**
     * Takes fresh sockets: on the port that was asked for, or on any other.
     *
     * @throws BindException when that cannot be; the old sockets go on as if nothing had been
     */
    void renew() throws BindException {
        rebind(wanted);
        rebinds++;
        lastRebind = Instant.now();
    }

    private void rebind(int port) throws BindException {
        try {
            transport.rebind(port);
        } catch (BindException e) {
            throw e;
        } catch (IOException e) {
            BindException failure = new BindException(e.getMessage());
            failure.initCause(e);
            throw failure;
        }
        forgetSourceAddresses();
    }

    int fwmark() {
        return transport.fwmark();
    }

    /**
     * Marks what the sockets send, and those that follow them; 0 takes the mark away.
     *
     * @throws SocketException where marks don't exist or we may not set them; the old one stays
     */
    void fwmark(int mark) throws SocketException {
        transport.fwmark(mark);
        forgetSourceAddresses();
    }

    /** Routing decides anew which of our addresses each peer is talked to from. */
    private void forgetSourceAddresses() {
        for (Peer peer : device.peers()) {
            if (peer.endpoint() instanceof PathAddress path) {
                path.forgetLocal();
            }
        }
    }

    /** How often fresh sockets were taken because nobody answered. */
    long rebinds() {
        return rebinds;
    }

    @Nullable Instant lastRebind() {
        return lastRebind;
    }
}
