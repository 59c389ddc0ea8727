package io.culvert.proxy;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads where a name server is: an IP address, {@code localhost}, or a URL. */
final class DnsAddressReader {
    private static final int DNS_PORT = 53;
    private static final int TLS_PORT = 853;
    private static final int HTTPS_PORT = 443;
    private static final int HTTP_PORT = 80;
    private static final String LOCAL = "+local";
    private static final String FORMS =
            "such as 1.1.1.1, localhost, tcp://1.1.1.1, tls://1.1.1.1 or"
                    + " https://1.1.1.1/dns-query";

    private final Problems problems;

    DnsAddressReader(Problems problems) {
        this.problems = problems;
    }

    /**
     * Reads the address; null if it is (reported) wrong.
     *
     * @param port of a server that is given without one; 0 = the protocol's
     */
    DnsSettings.@Nullable Address read(ConfigNode node, int port) {
        String text = node.string(problems, "").strip();
        String lower = text.toLowerCase(Locale.ROOT);
        int scheme = lower.indexOf("://");
        if (lower.equals("localhost")) {
            return DnsSettings.Address.SYSTEM;
        }
        if (lower.equals("fakedns")) {
            return DnsSettings.Address.FAKE;
        }
        if (scheme >= 0) {
            return url(node, text, lower.substring(0, scheme), port);
        }
        InetAddress bare = Destination.literal(text);
        HostPort place =
                bare != null
                        ? new HostPort(unbracketed(text), port == 0 ? DNS_PORT : port)
                        : HostPort.parse(text);
        if (place == null && HostPort.isHost(text) && text.indexOf('.') > 0) {
            place = new HostPort(text, port == 0 ? DNS_PORT : port);
        }
        return place == null
                ? refuse(node, "\"" + text + "\" is no name server, " + FORMS)
                : new DnsSettings.Address(DnsSettings.Kind.UDP, false, place, "");
    }

    private DnsSettings.@Nullable Address url(
            ConfigNode node, String text, String scheme, int port) {
        boolean local = scheme.endsWith(LOCAL);
        String protocol = local ? scheme.substring(0, scheme.length() - LOCAL.length()) : scheme;
        DnsSettings.Kind kind;
        int usual;
        switch (protocol) {
            case "udp" -> {
                kind = DnsSettings.Kind.UDP;
                usual = DNS_PORT;
            }
            case "tcp" -> {
                kind = DnsSettings.Kind.TCP;
                usual = DNS_PORT;
            }
            case "tls" -> {
                kind = DnsSettings.Kind.TLS;
                usual = TLS_PORT;
            }
            case "https" -> {
                kind = DnsSettings.Kind.HTTPS;
                usual = HTTPS_PORT;
            }
            case "h2c" -> {
                kind = DnsSettings.Kind.H2C;
                usual = HTTP_PORT;
            }
            case "quic" -> {
                return refuse(
                        node,
                        "DNS over QUIC is not supported: use https+local:// or tls+local://, which"
                                + " servers that know QUIC know as well");
            }
            default -> {
                return refuse(node, "\"" + scheme + "://\" is no way to ask a name server");
            }
        }
        boolean http = kind == DnsSettings.Kind.HTTPS || kind == DnsSettings.Kind.H2C;
        try {
            URI uri = new URI("dns" + text.substring(text.indexOf("://")));
            String host = uri.getHost();
            if (host != null && uri.getRawUserInfo() == null) {
                int own = uri.getPort() >= 0 ? uri.getPort() : http || port == 0 ? usual : port;
                return new DnsSettings.Address(
                        kind, local, new HostPort(unbracketed(host), own), path(uri));
            }
        } catch (URISyntaxException e) {
            // Said below.
        }
        return refuse(node, "\"" + text + "\" is no URL of a name server, " + FORMS);
    }

    private static String path(URI uri) {
        String path =
                uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host;
    }

    private DnsSettings.@Nullable Address refuse(ConfigNode node, String sentence) {
        if (node.kind() == ConfigNode.Kind.STRING) {
            problems.error(node, sentence);
        } else {
            node.string(problems);
        }
        return null;
    }
}
