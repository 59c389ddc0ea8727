package io.culvert.proxy;

import io.culvert.tunnel.Tunnel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.IDN;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Resolves names by servers inside a tunnel, for the families that the tunnel has addresses of.
 * Both families are asked at once; the second answer is waited for only a moment.
 */
@SuppressWarnings("FutureReturnValueIgnored") // of a task that nobody waits for
final class TunnelResolver implements NameResolver {

    /** Resolution Delay, RFC 8305 section 8. */
    private static final long SECOND_FAMILY_MILLIS = 50;

    private final EventLoop home;
    private final Supplier<Future<Tunnel>> tunnel;
    private final List<InetSocketAddress> servers = new ArrayList<>();
    private final List<DnsRecordType> types = new ArrayList<>();
    private final DnsCache cache;

    /**
     * A resolver for one tunnel.
     *
     * @param home the tunnel's loop
     * @param tunnel opens it
     * @param servers to ask in turn; those of a family that the tunnel lacks are left out
     * @param own the tunnel's addresses
     */
    TunnelResolver(
            EventLoop home,
            Supplier<Future<Tunnel>> tunnel,
            List<InetSocketAddress> servers,
            List<InetAddress> own,
            AddressOrder order) {
        this.home = home;
        this.tunnel = tunnel;
        this.cache = new DnsCache(home.ticker());
        boolean four = own.stream().anyMatch(Inet4Address.class::isInstance);
        boolean six = own.stream().anyMatch(Inet6Address.class::isInstance);
        for (InetSocketAddress server : servers) {
            if (server.getAddress() instanceof Inet4Address ? four : six) {
                this.servers.add(server);
            }
        }
        if (four && order != AddressOrder.IPV6) {
            types.add(DnsRecordType.A);
        }
        if (six && order != AddressOrder.IPV4) {
            types.add(DnsRecordType.AAAA);
        }
    }

    @Override
    public Future<List<InetAddress>> resolve(String name, EventLoop loop) {
        Promise<List<InetAddress>> result = loop.newPromise();
        if (home.inEventLoop()) {
            lookup(name, result);
        } else {
            home.execute(() -> lookup(name, result));
        }
        return result;
    }

    private void lookup(String text, Promise<List<InetAddress>> result) {
        String name;
        try {
            name = IDN.toASCII(text).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException e) {
            result.tryFailure(unresolved(text));
            return;
        }
        if (name.endsWith(".")) {
            name = name.substring(0, name.length() - 1);
        }
        Answers answers = new Answers(name, result);
        for (DnsRecordType type : types) {
            ask(name, type).addListener((Future<List<InetAddress>> done) -> answers.add(done));
        }
        if (types.isEmpty()) {
            result.tryFailure(unresolved(name));
        }
    }

    private Future<List<InetAddress>> ask(String name, DnsRecordType type) {
        Future<List<InetAddress>> known = cache.get(name, type);
        if (known != null) {
            return known;
        }
        Promise<List<InetAddress>> asked = home.newPromise();
        cache.put(name, type, asked);
        tunnel.get()
                .addListener((Future<Tunnel> opened) -> {
                    if (opened.isSuccess()) {
                        DnsLookup.begin(
                                opened.getNow(),
                                servers,
                                name,
                                type,
                                home,
                                answer -> answered(name, type, asked, answer));
                    } else {
                        cache.remove(name, type);
                        asked.setFailure(opened.cause());
                    }
                });
        return asked;
    }

    private void answered(
            String name,
            DnsRecordType type,
            Promise<List<InetAddress>> asked,
            DnsLookup.Answer answer) {
        if (answer.isKnown()) {
            cache.expire(name, type, answer.ttlSeconds());
            asked.setSuccess(answer.addresses());
        } else {
            cache.remove(name, type);
            asked.setFailure(
                    new DialException(
                            Failure.RESOLVE,
                            "no name server inside the tunnel answered for " + name));
        }
    }

    private static DialException unresolved(String name) {
        return new DialException(Failure.RESOLVE, "the name " + name + " has no address");
    }

    /** The answers of both families as they come. */
    private final class Answers {
        private final String name;
        private final Promise<List<InetAddress>> result;
        private final List<InetAddress> addresses = new ArrayList<>();
        private int missing = types.size();

        Answers(String name, Promise<List<InetAddress>> result) {
            this.name = name;
            this.result = result;
        }

        void add(Future<List<InetAddress>> done) {
            missing--;
            if (done.isSuccess()) {
                addresses.addAll(done.getNow());
            }
            if (missing == 0) {
                finish(done);
            } else if (!addresses.isEmpty()) {
                home.schedule(() -> finish(done), SECOND_FAMILY_MILLIS, TimeUnit.MILLISECONDS);
            }
        }

        private void finish(Future<List<InetAddress>> last) {
            if (!addresses.isEmpty()) {
                result.trySuccess(List.copyOf(addresses));
            } else {
                result.tryFailure(last.isSuccess() ? unresolved(name) : last.cause());
            }
        }
    }
}
