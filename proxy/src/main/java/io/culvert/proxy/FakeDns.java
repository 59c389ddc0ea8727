package io.culvert.proxy;

import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.List;

/** Asks nobody: gives a name an address that stands for it. */
final class FakeDns implements DnsTransport {

    /** As Xray: whoever remembers it for longer may find that it stands for nothing. */
    private static final long TTL_SECONDS = 1;

    private final FakeNames names;

    FakeDns(FakeNames names) {
        this.names = names;
    }

    @Override
    public void ask(DnsQuery query, Promise<DnsReply> reply) {
        boolean ipv6 = query.type().equals(DnsRecordType.AAAA);
        List<InetAddress> addresses = names.addresses(query.name(), ipv6);
        reply.trySuccess(DnsReply.of(addresses, TTL_SECONDS));
    }

    @Override
    public boolean goesBy(String outboundTag) {
        return false;
    }
}
