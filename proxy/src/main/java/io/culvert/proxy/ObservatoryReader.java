package io.culvert.proxy;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Reads {@code observatory} and {@code burstObservatory}. */
final class ObservatoryReader {
    private static final String URL = "https://www.google.com/generate_204";
    private static final String BURST_URL = "https://connectivitycheck.gstatic.com/generate_204";
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long INTERVAL = 10 * SECOND;
    private static final long BURST_INTERVAL = 60 * SECOND;

    /** Probes more often than that tell nothing more. */
    private static final long MIN_INTERVAL = SECOND;

    private static final long TIMEOUT = 5 * SECOND;
    private static final int SAMPLES = 10;
    private static final int MAX_SAMPLES = 1000;

    private final Problems problems;
    private final List<String> outboundTags;

    ObservatoryReader(Problems problems, List<String> outboundTags) {
        this.problems = problems;
        this.outboundTags = outboundTags;
    }

    List<Observatory.Settings> read(ConfigNode file) {
        List<Observatory.Settings> all = new ArrayList<>();
        if (file.has("observatory")) {
            ConfigNode node = file.member("observatory").object(problems);
            node.member("enableConcurrency").accept();
            ConfigNode url =
                    node.has("probeURL") ? node.member("probeURL") : node.member("probeUrl");
            long interval = DurationText.read(node.member("probeInterval"), INTERVAL, problems);
            Probe.Target target = target(url, URL, "GET");
            OutboundSelector selector = selector(node);
            List<String> tags = selector.of(outboundTags);
            if (target != null) {
                all.add(
                        new Observatory.Settings(
                                selector, tags, target, atLeast(interval), TIMEOUT, 1));
            }
        }
        if (file.has("burstObservatory")) {
            ConfigNode node = file.member("burstObservatory").object(problems);
            ConfigNode ping = node.member("pingConfig").object(problems);
            // Asked by Xray to tell a dead network from dead outbounds; here either is dead.
            ping.member("connectivity").accept();
            long interval = DurationText.read(ping.member("interval"), BURST_INTERVAL, problems);
            long timeout = DurationText.read(ping.member("timeout"), TIMEOUT, problems);
            int samples = (int) ping.member("sampling").integer(problems, 1, MAX_SAMPLES, SAMPLES);
            Probe.Target target =
                    target(
                            ping.member("destination"),
                            BURST_URL,
                            method(ping.member("httpMethod")));
            OutboundSelector selector = selector(node);
            List<String> tags = selector.of(outboundTags);
            if (target != null) {
                all.add(
                        new Observatory.Settings(
                                selector, tags, target, atLeast(interval), timeout, samples));
            }
        }
        return all;
    }

    private static long atLeast(long interval) {
        return Math.max(MIN_INTERVAL, interval);
    }

    private OutboundSelector selector(ConfigNode node) {
        return OutboundSelector.read(node.member("subjectSelector"), outboundTags, problems);
    }

    private String method(ConfigNode node) {
        String text = node.string(problems, "HEAD").toUpperCase(Locale.ROOT);
        if (!text.isEmpty() && !text.equals("HEAD") && !text.equals("GET")) {
            problems.error(node, "must be HEAD or GET, not \"" + text + "\"");
        }
        return text.isEmpty() ? "HEAD" : text;
    }

    private Probe.@Nullable Target target(ConfigNode node, String fallback, String method) {
        String text = node.string(problems, fallback);
        try {
            URI uri = new URI(text.isEmpty() ? fallback : text);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            boolean https = scheme.equals("https");
            String host = uri.getHost();
            if (host != null && (https || scheme.equals("http"))) {
                int port = uri.getPort() >= 0 ? uri.getPort() : https ? 443 : 80;
                String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
                String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
                String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
                return new Probe.Target(
                        Destination.of(Network.TCP, name, port),
                        path + query,
                        method,
                        https ? tls() : null);
            }
        } catch (URISyntaxException e) {
            // Said below.
        }
        problems.error(node, "\"" + text + "\" is not a URL of http or https");
        return null;
    }

    private static SslContext tls() {
        try {
            return SslContextBuilder.forClient().build();
        } catch (SSLException e) {
            throw new IllegalStateException("this Java knows no TLS", e);
        }
    }
}
