package io.culvert.proxy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** {@code xray.app.router.command.RoutingService}: asks and changes rules and balancers. */
final class RoutingApi {
    private static final String SERVICE = "xray.app.router.command.RoutingService";
    private static final int UDP = 3;

    private final Proxy proxy;

    RoutingApi(Proxy proxy) {
        this.proxy = proxy;
    }

    void addTo(GrpcMethods methods) {
        methods.add(SERVICE, "TestRoute", request -> testRoute(request.message(1)));
        methods.add(SERVICE, "AddRule", this::addRule);
        methods.add(
                SERVICE,
                "RemoveRule",
                request -> {
                    Problems problems = new Problems();
                    return changed(
                            () -> proxy.live().removeRule(request.text(1), problems), problems);
                });
        methods.add(SERVICE, "ListRule", request -> listRules());
        methods.add(SERVICE, "GetBalancerInfo", this::balancerInfo);
        methods.add(
                SERVICE,
                "OverrideBalancerTarget",
                request -> {
                    Problems problems = new Problems();
                    return changed(
                            () ->
                                    proxy.live()
                                            .overrideBalancer(
                                                    request.text(1), request.text(2), problems),
                            problems);
                });
    }

    private interface Change {
        boolean make() throws StartException;
    }

    private static ProtoWriter changed(Change change, Problems problems) throws GrpcException {
        try {
            if (change.make()) {
                return new ProtoWriter();
            }
        } catch (StartException | IllegalStateException e) {
            throw new GrpcException(GrpcException.UNKNOWN, String.valueOf(e.getMessage()));
        }
        throw HandlerApi.refusal(problems);
    }

    private ProtoWriter addRule(ProtoFields request) throws GrpcException {
        Problems problems = new Problems();
        ConfigNode rules = ProtoRules.of(request.message(1), problems);
        if (problems.hasErrors()) {
            throw HandlerApi.refusal(problems);
        }
        return changed(() -> proxy.live().addRules(rules, request.bool(2), problems), problems);
    }

    private ProtoWriter listRules() {
        ProtoWriter answer = new ProtoWriter();
        for (Rule rule : proxy.routing().router().rules()) {
            String target =
                    switch (rule.way()) {
                        case Way.ByOutbound(String tag) -> tag;
                        case Way.ByBalancer(String tag) -> tag;
                    };
            answer.message(1, new ProtoWriter().text(1, target).text(2, rule.tag()));
        }
        return answer;
    }

    private ProtoWriter balancerInfo(ProtoFields request) throws GrpcException {
        Balancer balancer = proxy.routing().balancers().get(request.text(1));
        if (balancer == null) {
            throw new GrpcException(
                    GrpcException.NOT_FOUND, "no balancer has the tag \"" + request.text(1) + "\"");
        }
        ProtoWriter info = new ProtoWriter();
        String override = balancer.override();
        if (override != null) {
            info.message(5, new ProtoWriter().text(2, override));
        }
        info.message(6, new ProtoWriter().texts(1, balancer.principalTargets()));
        return new ProtoWriter().message(1, info);
    }

    /** Names are not resolved for it. */
    private ProtoWriter testRoute(ProtoFields context) throws GrpcException {
        Network network = context.number(2) == UDP ? Network.UDP : Network.TCP;
        List<InetAddress> targets = addresses(context, 4);
        String name = context.text(7);
        int port = (int) context.number(6);
        if (port < 0 || port > 65535 || (name.isEmpty() && targets.isEmpty())) {
            throw new GrpcException(
                    GrpcException.INVALID_ARGUMENT, "needs a target: an address or a name");
        }
        Destination to =
                name.isEmpty()
                        ? Destination.of(network, new InetSocketAddress(targets.getFirst(), port))
                        : Destination.of(network, name, port);
        List<InetAddress> sources = addresses(context, 3);
        InetSocketAddress source =
                new InetSocketAddress(
                        sources.isEmpty() ? InetAddress.getLoopbackAddress() : sources.getFirst(),
                        (int) context.number(5) & 0xffff);
        Session session =
                new Session(
                        new InboundIdentity(context.text(1), "api", new Traffic()),
                        source,
                        null,
                        to,
                        context.text(9));
        RouteQuery query = RouteQuery.of(session);
        Routing routing = proxy.routing();
        Outbound chosen =
                routing.choose(
                        name.isEmpty() || targets.isEmpty() ? query : query.resolved(targets));
        return new ProtoWriter()
                .text(1, context.text(1))
                .number(2, context.number(2))
                .number(6, port)
                .text(7, name)
                .text(9, context.text(9))
                .text(12, chosen.tag());
    }

    private static List<InetAddress> addresses(ProtoFields context, int field)
            throws GrpcException {
        try {
            List<InetAddress> all = new ArrayList<>();
            for (byte[] raw : context.allBytes(field)) {
                all.add(InetAddress.getByAddress(raw));
            }
            return all;
        } catch (UnknownHostException e) {
            throw new GrpcException(GrpcException.INVALID_ARGUMENT, "an address has 4 or 16 bytes");
        }
    }
}
