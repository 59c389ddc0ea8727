package io.culvert.proxy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An element of {@code outbounds} as Xray's Protocol Buffers messages. It asks the node for what it
 * writes, so that what nobody asked for remains.
 */
final class ProtoOutbound {
    private static final String PROXY = "xray.proxy.";

    private final ConfigNode node;

    ProtoOutbound(ConfigNode node) {
        this.node = node;
    }

    /**
     * {@code xray.core.OutboundHandlerConfig} of what was found to be right; null if it has none.
     */
    @Nullable ProtoWriter write(Plan.OutboundPlan plan) {
        node.member("tag").accept();
        ConfigNode mux = node.member("mux");
        if (!mux.isAbsent() && !mux.member("enabled").bool(new Problems(), false)) {
            mux.accept();
        }
        ApiElement.acceptPlainStream(node);
        ConfigNode settings = node.member("settings");
        @Nullable ProtoWriter proxy =
                switch (plan.settings()) {
                    case FreedomOutbound.Settings _ -> freedom(settings);
                    case BlackholeOutbound.Settings hole when hole.protocol().equals("blackhole") ->
                            blackhole(hole, settings);
                    case WireGuardSettings tunnel ->
                            new ProtoTunnel(settings).write(tunnel, ProtoTunnel.PEERS);
                    default -> null;
                };
        if (proxy == null) {
            return null;
        }
        node.member("protocol").accept();
        return new ProtoWriter()
                .text(1, plan.tag())
                .message(2, ApiElement.typed("xray.app.proxyman.SenderConfig", new ProtoWriter()))
                .message(3, proxy);
    }

    private ProtoWriter freedom(ConfigNode settings) {
        // Of these the last one given counts.
        String strategy = "AsIs";
        for (ConfigNode from :
                List.of(
                        node.member("targetStrategy"),
                        settings.member("targetStrategy"),
                        settings.member("domainStrategy"))) {
            String text = from.string(new Problems(), "AsIs");
            if (!text.equalsIgnoreCase("AsIs") && !text.isEmpty()) {
                strategy = text;
            }
        }
        long number = ProtoConfig.indexOf(ProtoConfig.FREEDOM_STRATEGIES, strategy);
        return ApiElement.typed(PROXY + "freedom.Config", new ProtoWriter().number(1, number));
    }

    private static ProtoWriter blackhole(BlackholeOutbound.Settings hole, ConfigNode settings) {
        ConfigNode response = settings.member("response");
        response.member("type").accept();
        ProtoWriter message = new ProtoWriter();
        if (hole.http()) {
            message.message(
                    1, ApiElement.typed(PROXY + "blackhole.HTTPResponse", new ProtoWriter()));
        }
        return ApiElement.typed(PROXY + "blackhole.Config", message);
    }
}
