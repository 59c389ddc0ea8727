package io.culvert.proxy;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where traffic wants to go.
 *
 * @param address null while {@code host} is a domain name
 */
record Destination(Network network, String host, @Nullable InetAddress address, int port) {

    /** The longest name DNS can carry, RFC 1035 section 2.3.4. */
    static final int MAX_NAME = 253;

    /** A host as a protocol spells it: an IP address (in brackets or not) or a name. */
    static Destination of(Network network, String host, int port) {
        InetAddress literal = literal(host);
        return literal == null
                ? new Destination(network, host, null, port)
                : new Destination(network, literal.getHostAddress(), literal, port);
    }

    /** An address that may be unresolved. */
    static Destination of(Network network, InetSocketAddress address) {
        InetAddress ip = address.getAddress();
        return ip == null
                ? of(network, address.getHostString(), address.getPort())
                : new Destination(network, ip.getHostAddress(), ip, address.getPort());
    }

    /** The address a text spells, or null when it is none. Never asks a resolver. */
    static @Nullable InetAddress literal(String text) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        if (bytes == null) {
            return null;
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
        }
    }

    boolean isName() {
        return address == null;
    }

    /** Resolved if this is an address, unresolved if it is a name. */
    InetSocketAddress socketAddress() {
        return address == null
                ? InetSocketAddress.createUnresolved(host, port)
                : new InetSocketAddress(address, port);
    }

    /** {@code host:port}, IPv6 in brackets. */
    String authority() {
        String text = address == null ? host : NetUtil.toAddressString(address);
        return text.indexOf(':') >= 0 ? "[" + text + "]:" + port : text + ":" + port;
    }

    /** As the access log has it: {@code tcp:host:port}. */
    @Override
    public String toString() {
        return network + ":" + authority();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Destination that
                && port == that.port
                && network == that.network
                && Objects.equals(address, that.address)
                && (address != null || host.equalsIgnoreCase(that.host));
    }

    @Override
    public int hashCode() {
        return (address == null
                                ? host.toLowerCase(java.util.Locale.ROOT).hashCode()
                                : address.hashCode())
                        * 31
                + port;
    }
}
