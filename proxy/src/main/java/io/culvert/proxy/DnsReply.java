package io.culvert.proxy;

import io.netty.handler.codec.dns.DnsResponseCode;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What servers said of a name.
 *
 * @param code RCODE, RFC 1035 section 4.1.1
 * @param isTruncated whether the server has more to say over TCP
 * @param addresses empty if the name has none of those asked for
 * @param ttlSeconds how long this holds
 */
record DnsReply(int code, boolean isTruncated, List<InetAddress> addresses, long ttlSeconds) {

    /** How long a negative answer holds that doesn't say it, and one that nobody gave. */
    static final long NEGATIVE_TTL = 10;

    /** What is known without asking. */
    static DnsReply of(List<InetAddress> addresses, long ttlSeconds) {
        return new DnsReply(DnsResponseCode.NOERROR.intValue(), false, addresses, ttlSeconds);
    }

    /** The name exists, and has no such address. */
    static DnsReply none() {
        return of(List.of(), NEGATIVE_TTL);
    }

    /** There is no such name. */
    static DnsReply noSuchName() {
        return new DnsReply(DnsResponseCode.NXDOMAIN.intValue(), false, List.of(), NEGATIVE_TTL);
    }

    /** Whether the server could tell, be it that there is nothing. */
    boolean isAnswer() {
        return code == DnsResponseCode.NOERROR.intValue() || isNoSuchName();
    }

    boolean isNoSuchName() {
        return code == DnsResponseCode.NXDOMAIN.intValue();
    }

    /** Both families' answers as one, IPv4 first; a name that has either exists. */
    DnsReply and(DnsReply other) {
        List<InetAddress> all = new ArrayList<>(addresses);
        all.addAll(other.addresses);
        all.sort(Comparator.comparing(Inet6Address.class::isInstance));
        boolean nothing = isNoSuchName() && other.isNoSuchName();
        // Only one of them has addresses: how long the other lacks them says nothing of those.
        long ttl =
                addresses.isEmpty() != other.addresses.isEmpty()
                        ? (addresses.isEmpty() ? other : this).ttlSeconds
                        : Math.min(ttlSeconds, other.ttlSeconds);
        return new DnsReply(
                nothing ? code : DnsResponseCode.NOERROR.intValue(), false, List.copyOf(all), ttl);
    }

    DnsReply with(List<InetAddress> others) {
        return new DnsReply(code, isTruncated, others, ttlSeconds);
    }
}
