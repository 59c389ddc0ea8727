package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.resolver.HostsFileEntriesProvider;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The system's own resolver as a server among others ({@code localhost}). */
final class SystemDns implements DnsTransport {

    /** The system keeps answers itself and doesn't say for how long they hold. */
    private static final long TTL_SECONDS = 30;

    private final NameResolver system;
    private final EventLoop home;

    SystemDns(NameResolver system, EventLoop home) {
        this.system = system;
        this.home = home;
    }

    @Override
    public void ask(DnsQuery query, Promise<DnsReply> reply) {
        system.resolve(query.name(), home)
                .addListener((Future<List<InetAddress>> done) -> {
                    if (done.isSuccess()) {
                        List<InetAddress> found =
                                DnsHosts.ofTypes(done.getNow(), List.of(query.type()));
                        reply.trySuccess(DnsReply.of(found, TTL_SECONDS));
                    } else if (isDown(done.cause())) {
                        reply.tryFailure(done.cause());
                    } else {
                        reply.trySuccess(DnsReply.noSuchName());
                    }
                });
    }

    /** Whether the system says that it can't tell (EAI_AGAIN), rather than that there is none. */
    private static boolean isDown(Throwable cause) {
        Throwable reason = cause.getCause() == null ? cause : cause.getCause();
        return String.valueOf(reason.getMessage())
                .toLowerCase(Locale.ROOT)
                .contains("temporary failure");
    }

    @Override
    public boolean goesBy(String outboundTag) {
        return false;
    }

    /** The names of the system's hosts file. */
    static Map<String, List<InetAddress>> hosts() {
        HostsFileEntriesProvider file = HostsFileEntriesProvider.parser().parseSilently();
        Map<String, List<InetAddress>> names = new HashMap<>();
        for (Map<String, List<InetAddress>> each :
                List.of(file.ipv4Entries(), file.ipv6Entries())) {
            each.forEach((name, addresses) ->
                    names.computeIfAbsent(DomainSet.canonical(name), key -> new ArrayList<>())
                            .addAll(addresses));
        }
        return names;
    }
}
