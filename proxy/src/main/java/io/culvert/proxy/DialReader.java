package io.culvert.proxy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads how an outbound dials: {@code sendThrough}, {@code proxySettings} and {@code
 * streamSettings.sockopt}.
 */
final class DialReader {
    private static final String NOT_YET =
            "is not supported by Culvert yet, and without it traffic would go another way";
    private static final String NO_USE = "has no effect beside dialerProxy: ignored";

    /** What Xray has where the file is silent. */
    private static final int AT_ONCE = 4;

    private static final long LONGEST_DELAY = 60_000;

    private final Problems problems;

    DialReader(Problems problems) {
        this.problems = problems;
    }

    /**
     * Reads the outbound's object.
     *
     * @param protocol what the outbound speaks
     */
    DialSettings read(ConfigNode outbound, String protocol) {
        ConfigNode stream = outbound.member("streamSettings").object(problems);
        if (stream.has("finalmask")) {
            problems.error(stream.member("finalmask"), NOT_YET);
        }
        ConfigNode sockopt = stream.member("sockopt").object(problems);
        DialSettings.Via via = via(outbound, sockopt);
        SendThrough sendThrough = sendThrough(outbound.member("sendThrough"));
        SocketSettings sockets = new SocketSettingsReader(problems, false).read(sockopt);
        ConfigNode strategy = sockopt.member("addressPortStrategy");
        String byService = strategy.string(problems, "none");
        if (!byService.isEmpty() && !byService.equalsIgnoreCase("none")) {
            problems.error(strategy, NOT_YET + ": use none");
        }
        for (String key : List.of("tproxy", "acceptProxyProtocol", "trustedXForwardedFor")) {
            sockopt.member(key).accept(); // of inbounds
        }
        DialSettings settings =
                new DialSettings(
                        via,
                        sendThrough,
                        sockets,
                        order(sockopt.member("domainStrategy")),
                        eyeballs(sockopt.member("happyEyeballs")));
        warnOfWhatIsUseless(outbound, sockopt, settings);
        if (!protocol.equals("wireguard")) {
            return settings;
        }
        if (!sockets.tuning().isEmpty()) {
            problems.warning(sockopt, "the options of TCP have no effect on WireGuard: ignored");
        }
        return settings;
    }

    private DialSettings.@Nullable Via via(ConfigNode outbound, ConfigNode sockopt) {
        ConfigNode proxy = outbound.member("proxySettings").object(problems);
        ConfigNode old = proxy.member("tag");
        proxy.member("transportLayer").bool(problems, false); // either way it is the same chain
        ConfigNode dialer = sockopt.member("dialerProxy");
        String byProxy = old.string(problems, "");
        String byDialer = dialer.string(problems, "");
        if (!byProxy.isEmpty() && !byDialer.isEmpty()) {
            problems.error(old, "contradicts streamSettings.sockopt.dialerProxy: give one of them");
        }
        if (!byDialer.isEmpty()) {
            return new DialSettings.Via(byDialer, dialer.place());
        }
        return byProxy.isEmpty() ? null : new DialSettings.Via(byProxy, old.place());
    }

    private SendThrough sendThrough(ConfigNode node) {
        String text = node.string(problems, "");
        SendThrough sendThrough = SendThrough.parse(text);
        if (sendThrough == null) {
            problems.error(
                    node,
                    "must be an IP address of this machine, a prefix, origin or srcip, not \""
                            + text
                            + "\"");
            return DialSettings.ANYWHERE;
        }
        return sendThrough;
    }

    private @Nullable AddressOrder order(ConfigNode node) {
        String text = node.string(problems, "");
        AddressOrder order = AddressOrder.preference(text);
        if (order == null) {
            problems.error(node, AddressOrder.FORM + ", not \"" + text + "\"");
        }
        return text.isEmpty() || text.equalsIgnoreCase("AsIs") ? null : order;
    }

    private HappyEyeballs.Settings eyeballs(ConfigNode node) {
        ConfigNode settings = node.object(problems);
        boolean ipv6First = settings.member("prioritizeIPv6").bool(problems, false);
        int interleave =
                (int) settings.member("interleave").integer(problems, 0, Integer.MAX_VALUE, 1);
        long delay = settings.member("tryDelayMs").integer(problems, 0, LONGEST_DELAY, 0);
        int atOnce =
                (int)
                        settings.member("maxConcurrentTry")
                                .integer(problems, 0, Integer.MAX_VALUE, AT_ONCE);
        if (node.isAbsent()) {
            return HappyEyeballs.Settings.DEFAULT;
        }
        return new HappyEyeballs.Settings(
                delay == 0 ? HappyEyeballs.Settings.DEFAULT.delayMillis() : delay,
                atOnce == 0 ? AT_ONCE : atOnce,
                ipv6First,
                Math.max(1, interleave));
    }

    /** The other outbound's sockets are set by its own settings. */
    private void warnOfWhatIsUseless(
            ConfigNode outbound, ConfigNode sockopt, DialSettings settings) {
        if (settings.via() == null) {
            return;
        }
        if (!settings.sendThrough().equals(DialSettings.ANYWHERE)) {
            problems.warning(outbound.member("sendThrough"), NO_USE);
        }
        if (!settings.sockets().isEmpty()) {
            problems.warning(sockopt, "its socket options have no effect beside dialerProxy");
        }
    }
}
