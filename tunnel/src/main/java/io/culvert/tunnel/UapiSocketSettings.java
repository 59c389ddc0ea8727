package io.culvert.tunnel;

import java.net.BindException;
import java.net.SocketException;

/** The settings of a device that belong to its UDP sockets. On the tunnel's event loop. */
interface UapiSocketSettings {
    /** The port that is bound; 0 if none. */
    int listenPort();

    /**
     * Binds another port at once.
     *
     * @param port 0 lets the system choose
     * @throws BindException if it is taken or not permitted; the present one stays
     */
    void listenPort(int port) throws BindException;

    /** 0 is none. */
    int fwmark();

    /**
     * Marks what the sockets send, for the routing and firewall rules of this machine.
     *
     * @param mark all 32 bits; 0 for none
     * @throws SocketException if the system refuses it
     */
    void fwmark(int mark) throws SocketException;
}
