package io.culvert.proxy;

import io.culvert.tunnel.SocketOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads what a {@code sockopt} object sets on sockets. */
final class SocketSettingsReader {

    // Numbers of <asm-generic/socket.h>, <linux/tcp.h>; an interface name is IFNAMSIZ with its end.
    private static final int SOL_SOCKET = 1;
    private static final int SO_KEEPALIVE = 9;
    private static final int SO_BINDTODEVICE = 25;
    private static final int SO_MARK = 36;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_MAXSEG = 2;
    private static final int TCP_KEEPIDLE = 4;
    private static final int TCP_KEEPINTVL = 5;
    private static final int TCP_WINDOW_CLAMP = 10;
    private static final int TCP_CONGESTION = 13;
    private static final int TCP_USER_TIMEOUT = 18;
    private static final int TCP_FASTOPEN = 23;
    private static final int TCP_FASTOPEN_CONNECT = 30;
    private static final int LONGEST_INTERFACE = 15;

    /** What Xray takes for {@code "tcpFastOpen": true} on a listener. */
    private static final int FAST_OPEN_QUEUE = 256;

    private final Problems problems;
    private final boolean listening;
    private final List<SocketOption> tcp = new ArrayList<>();
    private final List<SocketOption> udp = new ArrayList<>();
    private final List<SocketOption> tuning = new ArrayList<>();

    /**
     * A reader for one object.
     *
     * @param listening it belongs to an inbound
     */
    SocketSettingsReader(Problems problems, boolean listening) {
        this.problems = problems;
        this.listening = listening;
    }

    SocketSettings read(ConfigNode sockopt) {
        int mark = number(sockopt.member("mark"), 0);
        if (mark != 0) {
            both(SocketOption.of("SO_MARK", SOL_SOCKET, SO_MARK, mark));
        }
        interfaceName(sockopt.member("interface"));
        keepAlive(sockopt);
        fastOpen(sockopt.member("tcpFastOpen"));
        tune(sockopt, "tcpUserTimeout", "TCP_USER_TIMEOUT", TCP_USER_TIMEOUT);
        tune(sockopt, "tcpMaxSeg", "TCP_MAXSEG", TCP_MAXSEG);
        tune(sockopt, "tcpWindowClamp", "TCP_WINDOW_CLAMP", TCP_WINDOW_CLAMP);
        String congestion = sockopt.member("tcpCongestion").string(problems, "");
        if (!congestion.isEmpty()) {
            tuning.add(SocketOption.of("TCP_CONGESTION", IPPROTO_TCP, TCP_CONGESTION, congestion));
        }
        for (ConfigNode custom : sockopt.member("customSockopt").objects(problems)) {
            custom(custom);
        }
        ignored(sockopt, "tcpMptcp");
        ignored(sockopt, "penetrate");
        return new SocketSettings(tcp, udp, tuning, sockopt.member("v6only").bool(problems, false));
    }

    private void both(SocketOption option) {
        tcp.add(option);
        udp.add(option);
    }

    private int number(ConfigNode node, int least) {
        return (int) node.integer(problems, least, Integer.MAX_VALUE, 0);
    }

    private void interfaceName(ConfigNode node) {
        String name = node.string(problems, "");
        if (name.length() > LONGEST_INTERFACE || name.indexOf('/') >= 0 || name.indexOf(' ') >= 0) {
            problems.error(node, "\"" + name + "\" is not the name of a network interface");
        } else if (!name.isEmpty()) {
            both(SocketOption.of("SO_BINDTODEVICE", SOL_SOCKET, SO_BINDTODEVICE, name));
        }
    }

    /** Below zero turns keepalive off, as in Xray. */
    private void keepAlive(ConfigNode sockopt) {
        int idle = number(sockopt.member("tcpKeepAliveIdle"), Integer.MIN_VALUE);
        int interval = number(sockopt.member("tcpKeepAliveInterval"), Integer.MIN_VALUE);
        if (idle < 0 || interval < 0) {
            tuning.add(SocketOption.of("SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 0));
            return;
        }
        if (idle > 0) {
            tuning.add(SocketOption.of("TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, idle));
        }
        if (interval > 0) {
            tuning.add(SocketOption.of("TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, interval));
        }
    }

    private void fastOpen(ConfigNode node) {
        int queue =
                node.kind() == ConfigNode.Kind.INTEGER
                        ? number(node, Integer.MIN_VALUE)
                        : node.bool(problems, false) ? FAST_OPEN_QUEUE : 0;
        if (queue > 0) {
            tuning.add(
                    listening
                            ? SocketOption.of("TCP_FASTOPEN", IPPROTO_TCP, TCP_FASTOPEN, queue)
                            : SocketOption.of(
                                    "TCP_FASTOPEN_CONNECT", IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1));
        }
    }

    private void tune(ConfigNode sockopt, String key, String name, int option) {
        int value = number(sockopt.member(key), 0);
        if (value > 0) {
            tuning.add(SocketOption.of(name, IPPROTO_TCP, option, value));
        }
    }

    /** Any option by its number; numbers are text there, as in Xray. */
    private void custom(ConfigNode node) {
        String system = node.member("system").string(problems, "").toLowerCase(Locale.ROOT);
        String network = node.member("network").string(problems, "").toLowerCase(Locale.ROOT);
        ConfigNode opt = node.member("opt");
        ConfigNode type = node.member("type");
        ConfigNode value = node.member("value");
        boolean there = opt.isPresent(problems, "the number of the option, as text");
        there &= value.isPresent(problems, "its value, as text");
        int level = decimal(node.member("level"), IPPROTO_TCP);
        int number = decimal(opt, 0);
        String kind = type.string(problems, "int").toLowerCase(Locale.ROOT);
        if (!kind.equals("int") && !kind.equals("str")) {
            problems.error(type, "must be int or str, not \"" + kind + "\"");
            return;
        }
        if (!there || !(system.isEmpty() || system.equals("linux"))) {
            return;
        }
        String name = "option " + number + " of level " + level;
        SocketOption option =
                kind.equals("int")
                        ? SocketOption.of(name, level, number, decimal(value, 0))
                        : SocketOption.of(name, level, number, value.string(problems, ""));
        if (!network.startsWith("udp")) {
            tcp.add(option);
        }
        if (!network.startsWith("tcp") && level != IPPROTO_TCP) {
            udp.add(option);
        }
    }

    private int decimal(ConfigNode node, int fallback) {
        if (node.kind() == ConfigNode.Kind.INTEGER) {
            return (int) node.integer(problems, Integer.MIN_VALUE, Integer.MAX_VALUE, fallback);
        }
        String text = node.string(problems, "");
        try {
            return text.isEmpty() ? fallback : Integer.decode(text);
        } catch (NumberFormatException e) {
            problems.error(node, "must be a whole number, not \"" + text + "\"");
            return fallback;
        }
    }

    private void ignored(ConfigNode sockopt, String key) {
        if (sockopt.member(key).bool(problems, false)) {
            problems.warning(sockopt.member(key), "is not honoured by Culvert: ignored");
        }
    }
}
