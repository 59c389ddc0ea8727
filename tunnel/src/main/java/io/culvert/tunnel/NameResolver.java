package io.culvert.tunnel;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Turns a host name into an address for {@link Tunnel#socketFactory(NameResolver)}. */
@FunctionalInterface
public interface NameResolver {
    /**
     * Resolves a name, blocking if it has to.
     *
     * @throws UnknownHostException when there is no address
     */
    InetAddress resolve(String host) throws UnknownHostException;

    /** Takes address literals and no names: nothing is asked outside the tunnel. */
    static NameResolver literalsOnly() {
        return host -> {
            try {
                return InetAddress.ofLiteral(host);
            } catch (IllegalArgumentException e) {
                UnknownHostException failure =
                        new UnknownHostException(host + " (this tunnel resolves no names)");
                failure.initCause(e);
                throw failure;
            }
        };
    }
}
