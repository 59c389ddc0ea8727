package io.culvert.proxy;

import io.culvert.tunnel.SocketOption;
import io.culvert.wireguard.Cidr;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** The address of this machine that connections leave from: Xray's {@code sendThrough}. */
sealed interface SendThrough {

    /** Whose address, where the file names none. */
    enum Whose {
        NOBODYS,
        /** That of this machine which the client has reached. */
        ORIGIN,
        /** The client's own, which this machine must be able to use. */
        SOURCE
    }

    /** One that the session decides. */
    record Asked(Whose whose) implements SendThrough {}

    /** Always the same. */
    record Fixed(InetAddress address) implements SendThrough {}

    /** Any of a prefix, another one for each connection. */
    record AnyOf(Cidr prefix) implements SendThrough {}

    /** What a text asks for, or null if it is none of all these. */
    static @Nullable SendThrough parse(String text) {
        switch (text.toLowerCase(Locale.ROOT)) {
            case "" -> {
                return DialSettings.ANYWHERE;
            }
            case "origin" -> {
                return new Asked(Whose.ORIGIN);
            }
            case "srcip" -> {
                return new Asked(Whose.SOURCE);
            }
            default -> {
                // an address or a prefix
            }
        }
        InetAddress address = Destination.literal(text);
        if (address != null) {
            return address.isAnyLocalAddress() ? DialSettings.ANYWHERE : new Fixed(address);
        }
        try {
            return text.indexOf('/') < 0 ? null : new AnyOf(Cidr.parse(text));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** The address for one session; null leaves it to the system. */
    default @Nullable InetAddress pick(Session session) {
        return switch (this) {
            case Fixed(InetAddress address) -> address;
            case AnyOf(Cidr prefix) -> random(prefix);
            case Asked(Whose whose) ->
                    switch (whose) {
                        case NOBODYS -> null;
                        case ORIGIN -> of(session.local());
                        case SOURCE -> of(session.source());
                    };
        };
    }

    private static @Nullable InetAddress of(@Nullable InetSocketAddress place) {
        InetAddress address = place == null ? null : place.getAddress();
        return address == null || address.isAnyLocalAddress() ? null : address;
    }

    private static InetAddress random(Cidr prefix) {
        byte[] address = prefix.address().getAddress();
        byte[] random = new byte[address.length];
        ThreadLocalRandom.current().nextBytes(random);
        for (int bit = prefix.prefixLength(); bit < 8 * address.length; bit++) {
            int mask = 0x80 >> (bit & 7);
            address[bit >> 3] = (byte) ((address[bit >> 3] & ~mask) | (random[bit >> 3] & mask));
        }
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * What a socket needs to be bound to {@code local}: an address that is only routed to this
     * machine is not one of its own.
     */
    default List<SocketOption> options(InetAddress local) {
        return this instanceof AnyOf ? List.of(SocketSettings.freebind(local)) : List.of();
    }

    /** Whether an address may be reached from another one. */
    static boolean reaches(@Nullable InetAddress from, InetAddress to) {
        return from == null || (from instanceof Inet4Address) == (to instanceof Inet4Address);
    }
}
