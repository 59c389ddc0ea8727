package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Which addresses of a name are used, and in which order: Xray's domain strategies. */
enum AddressOrder {
    /** Any, of those that the system's own resolver finds. */
    AS_IS,
    ANY,
    IPV4,
    IPV6,
    IPV4_FIRST,
    IPV6_FIRST;

    /**
     * The order that {@code UseIPv4}, {@code ForceIPv6v4} and so on ask for, or null if the text
     * asks for none. {@code AsIs} and an empty text leave it to the system.
     */
    static @Nullable AddressOrder parse(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "", "asis" -> AS_IS;
            case "useip", "forceip" -> ANY;
            case "useipv4", "forceipv4" -> IPV4;
            case "useipv6", "forceipv6" -> IPV6;
            case "useipv4v6", "forceipv4v6" -> IPV4_FIRST;
            case "useipv6v4", "forceipv6v4" -> IPV6_FIRST;
            default -> null;
        };
    }

    /**
     * The addresses to try, in turn. Families alternate where the strategy leaves both equal, so
     * that a family that doesn't work costs one attempt (RFC 8305 section 4).
     */
    List<InetAddress> apply(List<InetAddress> addresses) {
        List<InetAddress> four = new ArrayList<>();
        List<InetAddress> six = new ArrayList<>();
        for (InetAddress address : addresses) {
            (address instanceof Inet4Address ? four : six).add(address);
        }
        return switch (this) {
            case IPV4 -> four;
            case IPV6 -> six;
            case IPV4_FIRST -> concat(four, six);
            case IPV6_FIRST -> concat(six, four);
            case AS_IS, ANY ->
                    addresses.isEmpty() || addresses.getFirst() instanceof Inet4Address
                            ? alternate(four, six)
                            : alternate(six, four);
        };
    }

    /** A resolver that gives another's answers in this order. */
    NameResolver over(NameResolver resolver) {
        return (name, loop) -> resolve(resolver, name, loop);
    }

    private Future<List<InetAddress>> resolve(NameResolver resolver, String name, EventLoop loop) {
        Promise<List<InetAddress>> result = loop.newPromise();
        resolver.resolve(name, loop)
                .addListener((Future<List<InetAddress>> done) -> {
                    if (!done.isSuccess()) {
                        result.tryFailure(done.cause());
                        return;
                    }
                    List<InetAddress> addresses = apply(done.getNow());
                    if (addresses.isEmpty()) {
                        result.tryFailure(
                                new DialException(
                                        Failure.RESOLVE,
                                        "the name " + name + " has no address that may be used"));
                    } else {
                        result.trySuccess(addresses);
                    }
                });
        return result;
    }

    private static List<InetAddress> concat(List<InetAddress> first, List<InetAddress> second) {
        List<InetAddress> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    private static List<InetAddress> alternate(List<InetAddress> first, List<InetAddress> second) {
        List<InetAddress> all = new ArrayList<>();
        for (int i = 0; i < Math.max(first.size(), second.size()); i++) {
            if (i < first.size()) {
                all.add(first.get(i));
            }
            if (i < second.size()) {
                all.add(second.get(i));
            }
        }
        return all;
    }
}
