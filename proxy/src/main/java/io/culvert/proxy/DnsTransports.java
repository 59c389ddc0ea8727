package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Makes what a file's name servers are asked by. */
final class DnsTransports {
    private final Dispatcher rules;
    private final Dispatcher direct;
    private final NameResolver system;
    private final EventLoop home;
    private final @Nullable TrustManagerFactory trusted;

    /** Made once a file needs it: reading what this Java trusts takes its time. */
    private final Map<Boolean, SslContext> contexts = new HashMap<>();

    /**
     * A maker.
     *
     * @param rules the way of questions
     * @param direct the way of those that are to go without rules
     * @param home the resolver's loop
     * @param trusted whose certificates count; null = those of this Java's
     */
    DnsTransports(
            Dispatcher rules,
            Dispatcher direct,
            NameResolver system,
            EventLoop home,
            @Nullable TrustManagerFactory trusted) {
        this.rules = rules;
        this.direct = direct;
        this.system = system;
        this.home = home;
        this.trusted = trusted;
    }

    /** What a server is asked by that is not made up. */
    DnsTransport make(DnsSettings.Server server) {
        DnsSettings.Address address = server.address();
        HostPort place = address.place();
        if (address.kind() == DnsSettings.Kind.SYSTEM) {
            return new SystemDns(system, home);
        }
        if (place == null) {
            throw new IllegalArgumentException(address.label() + " asks nobody");
        }
        DnsCarrier carrier = new RoutedDns(address.local() ? direct : rules, server.tag());
        Destination tcp = place.destination(Network.TCP);
        return switch (address.kind()) {
            case FAKE, SYSTEM -> throw new IllegalArgumentException("nobody is asked");
            case UDP ->
                    new DnsOverUdp(
                            carrier,
                            place.destination(Network.UDP),
                            home,
                            new DnsConnections(carrier, tcp, home, new DnsOverTcp(tcp, null)));
            case TCP -> new DnsConnections(carrier, tcp, home, new DnsOverTcp(tcp, null));
            case TLS -> new DnsConnections(carrier, tcp, home, new DnsOverTcp(tcp, context(false)));
            case HTTPS ->
                    new DnsConnections(
                            carrier,
                            tcp,
                            home,
                            new DnsOverHttps(tcp, address.path(), context(true)));
            case H2C ->
                    new DnsConnections(
                            carrier, tcp, home, new DnsOverHttps(tcp, address.path(), null));
        };
    }

    private SslContext context(boolean http) {
        return contexts.computeIfAbsent(http, this::tls);
    }

    /** Checks the server's certificate and that it is for the server's name. */
    private SslContext tls(boolean http) {
        SslContextBuilder builder =
                SslContextBuilder.forClient().endpointIdentificationAlgorithm("HTTPS");
        if (trusted != null) {
            builder.trustManager(trusted);
        }
        if (http) {
            builder.ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                    .applicationProtocolConfig(
                            new ApplicationProtocolConfig(
                                    ApplicationProtocolConfig.Protocol.ALPN,
                                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                                    ApplicationProtocolConfig.SelectedListenerFailureBehavior
                                            .ACCEPT,
                                    ApplicationProtocolNames.HTTP_2,
                                    ApplicationProtocolNames.HTTP_1_1));
        }
        try {
            return builder.build();
        } catch (SSLException e) {
            throw new IllegalStateException("this Java knows no TLS", e);
        }
    }
}
