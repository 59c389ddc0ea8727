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

    /** What a text must be. */
    static final String FORM =
            "must be AsIs, or UseIP or ForceIP, possibly with v4, v6, v4v6 or v6v4";

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
     * As {@link #parse}, where a {@code Use…} that finds nothing leaves the name to others: then
     * addresses of the other family serve as well, after those asked for.
     */
    static @Nullable AddressOrder preference(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "useipv4" -> IPV4_FIRST;
            case "useipv6" -> IPV6_FIRST;
            default -> parse(text);
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

    /** So many of one family, one of the other, and so on (RFC 8305 section 4). */
    static List<InetAddress> interleave(
            List<InetAddress> addresses, boolean ipv6First, int ofTheFirst) {
        List<InetAddress> first = new ArrayList<>();
        List<InetAddress> second = new ArrayList<>();
        for (InetAddress address : addresses) {
            (address instanceof Inet4Address != ipv6First ? first : second).add(address);
        }
        List<InetAddress> all = new ArrayList<>();
        int other = 0;
        for (int i = 0; i < first.size(); i++) {
            all.add(first.get(i));
            if ((i + 1) % ofTheFirst == 0 && other < second.size()) {
                all.add(second.get(other++));
            }
        }
        all.addAll(second.subList(other, second.size()));
        return all;
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
