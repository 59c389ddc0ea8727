package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Resolves names by servers inside a tunnel, for the families that the tunnel has addresses of, and
 * with its search domains as resolv.conf(5) has them.
 */
final class TunnelResolver implements NameResolver {
    private static final int ROUNDS = 2;
    private static final NameServer.Policy POLICY = new NameServer.Policy(2500, true, 0, null);

    private final EventLoop home;
    private final List<NameServer> servers = new ArrayList<>();
    private final List<String> searchDomains;
    private final List<DnsRecordType> types = new ArrayList<>();

    /**
     * A resolver for one tunnel.
     *
     * @param home the tunnel's loop
     * @param carrier takes questions through the tunnel
     * @param servers to ask in turn; those of a family that the tunnel lacks are left out
     * @param searchDomains where names without a dot are looked for
     * @param own the tunnel's addresses
     */
    TunnelResolver(
            EventLoop home,
            DnsCarrier carrier,
            List<InetSocketAddress> servers,
            List<String> searchDomains,
            List<InetAddress> own,
            AddressOrder order) {
        this.home = home;
        this.searchDomains = searchDomains;
        boolean four = own.stream().anyMatch(Inet4Address.class::isInstance);
        boolean six = own.stream().anyMatch(Inet6Address.class::isInstance);
        for (InetSocketAddress server : servers) {
            if (server.getAddress() instanceof Inet4Address ? four : six) {
                this.servers.add(server(Destination.of(Network.UDP, server), carrier));
            }
        }
        if (four && order != AddressOrder.IPV6) {
            types.add(DnsRecordType.A);
        }
        if (six && order != AddressOrder.IPV4) {
            types.add(DnsRecordType.AAAA);
        }
    }

    private NameServer server(Destination server, DnsCarrier carrier) {
        Destination tcp =
                new Destination(Network.TCP, server.host(), server.address(), server.port());
        DnsTransport overTcp = new DnsConnections(carrier, tcp, home, new DnsOverTcp(tcp, null));
        return new NameServer(
                server.authority() + " inside the tunnel",
                new DnsOverUdp(carrier, server, home, overTcp),
                POLICY,
                home);
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
        String name = DnsQuery.ascii(text);
        if (name == null) {
            result.tryFailure(unresolved(text));
            return;
        }
        List<Supplier<Future<DnsReply>>> candidates = new ArrayList<>();
        for (String candidate : candidates(name, text.endsWith("."))) {
            candidates.add(() -> ask(candidate));
        }
        DnsLookup.run(candidates, DnsLookup.Nothing.GOES_ON, home)
                .addListener((Future<DnsReply> done) -> {
                    if (!done.isSuccess()) {
                        result.tryFailure(done.cause());
                    } else if (done.getNow().addresses().isEmpty()) {
                        result.tryFailure(unresolved(name));
                    } else {
                        result.trySuccess(done.getNow().addresses());
                    }
                });
    }

    /** A name with a dot is meant as it is, and only if there is none, as a part of one. */
    private List<String> candidates(String name, boolean absolute) {
        List<String> all = new ArrayList<>();
        if (absolute || name.indexOf('.') >= 0) {
            all.add(name);
        }
        for (String domain : absolute ? List.<String>of() : searchDomains) {
            String below = name + "." + domain;
            if (below.length() <= Destination.MAX_NAME) {
                all.add(below);
            }
        }
        if (!all.contains(name)) {
            all.add(name);
        }
        return all;
    }

    private Future<DnsReply> ask(String name) {
        List<Supplier<Future<DnsReply>>> attempts = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            for (NameServer server : servers) {
                attempts.add(() -> server.ask(name, types, false));
            }
        }
        return DnsLookup.run(attempts, DnsLookup.Nothing.ENDS, home);
    }

    private static DialException unresolved(String name) {
        return new DialException(Failure.RESOLVE, "the name " + name + " has no address");
    }
}
