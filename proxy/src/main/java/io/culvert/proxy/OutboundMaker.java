package io.culvert.proxy;

import io.netty.channel.EventLoop;
import java.util.List;
import java.util.Map;

/**
 * Makes outbounds of what a file says about them.
 *
 * @param dispatcher where traffic of some goes in again, and where those are found that others dial
 *     through
 * @param proxy what the API of an outbound changes
 */
record OutboundMaker(Services services, Dispatcher dispatcher, Statistics statistics, Proxy proxy) {

    /**
     * Makes what isn't there yet.
     *
     * @param loop where it lives, if it is a tunnel
     */
    Outbound make(Plan.OutboundPlan outbound, EventLoop loop) {
        Dialer dialer = dialer(outbound);
        return switch (outbound.settings()) {
            case FreedomOutbound.Settings freedom -> freedom(outbound.tag(), freedom, dialer);
            case BlackholeOutbound.Settings blackhole ->
                    new BlackholeOutbound(outbound.tag(), blackhole);
            case SocksOutbound.Settings socks ->
                    new SocksOutbound(
                            outbound.tag(), socks, services, server(outbound.dial(), dialer));
            case HttpOutbound.Settings http ->
                    new HttpOutbound(
                            outbound.tag(), http, services, server(outbound.dial(), dialer));
            case LoopbackOutbound.Settings loopback ->
                    new LoopbackOutbound(outbound.tag(), loopback, () -> dispatcher);
            case DnsOutbound.Settings dns ->
                    new DnsOutbound(
                            outbound.tag(),
                            dns,
                            services,
                            freedom(outbound.tag(), FreedomOutbound.Settings.DEFAULT, dialer));
            case ServiceSettings service ->
                    new ServiceOutbound(outbound.tag(), service, services, proxy);
            case WireGuardSettings tunnel ->
                    new WireGuardOutbound(outbound.tag(), tunnel, services, dialer, loop);
        };
    }

    private static ServerDialer server(DialSettings dial, Dialer dialer) {
        return new ServerDialer(dialer, dial.via() == null);
    }

    /** Names that a strategy is given for are never asked of servers behind the outbound itself. */
    Dialer dialer(Plan.OutboundPlan outbound) {
        String tag = outbound.tag();
        DialSettings dial = outbound.dial();
        String via = dial.viaTag();
        return via == null
                ? new SystemDialer(tag, dial, services)
                : new OutboundDialer(
                        via,
                        () -> dispatcher.routing().byTag().get(via),
                        dial.order(),
                        services.dns().outside(tag));
    }

    /** The way of what the rules have nothing to say about: by this machine's sockets. */
    Dispatcher straight() {
        Outbound direct =
                freedom(
                        "direct",
                        FreedomOutbound.Settings.DEFAULT,
                        new SystemDialer("direct", DialSettings.DEFAULT, services));
        Router straight = new Router(Router.DomainStrategy.AS_IS, List.of(), direct.tag());
        return new Dispatcher(
                new Routing(straight, Map.of(direct.tag(), direct), Map.of()),
                services.systemResolver(),
                statistics,
                services.loops(),
                services.processes());
    }

    private Outbound freedom(String tag, FreedomOutbound.Settings settings, Dialer dialer) {
        NameResolver outside =
                settings.order() == AddressOrder.AS_IS ? services.systemResolver() : services.dns();
        return new FreedomOutbound(tag, settings, dialer, outside);
    }
}
