package io.culvert.cli;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import io.culvert.proxy.Proxy;
import io.culvert.proxy.StartException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;

/**
 * Two Culverts in this process, configured as a user would, with a WireGuard tunnel over loopback
 * UDP between them: a server that connects its peer to the network, and a client with a SOCKS5, an
 * HTTP and a forwarded port.
 */
final class DemoNetwork implements AutoCloseable {
    /**
     * What the demo's clients ask for. The server leads it to the site on this machine's loopback,
     * which no tunnel carries as a destination.
     */
    static final InetSocketAddress TARGET =
            new InetSocketAddress(InetAddress.ofLiteral("10.77.0.1"), 80);

    /** Where programs reach the tunnel. */
    record Entrances(InetSocketAddress socks, InetSocketAddress http, InetSocketAddress forward) {}

    private final DemoConfiguration configuration;
    private final Proxy server;
    private Proxy client;
    private Entrances entrances;

    /**
     * Starts both.
     *
     * @param site where the server leads what its peer sends to {@link #TARGET}
     */
    DemoNetwork(InetSocketAddress site) throws IOException, StartException {
        configuration = new DemoConfiguration(site);
        server = started(configuration.server());
        entrances = DemoConfiguration.freeEntrances();
        client = startedClient();
    }

    Entrances entrances() {
        return entrances;
    }

    int tunnelPort() {
        return configuration.tunnelPort();
    }

    /** Starts the client anew, so that the next connection has to make a handshake. */
    void restartClient() throws IOException, StartException {
        client.close();
        entrances = DemoConfiguration.freeEntrances();
        client = startedClient();
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }

    private Proxy startedClient() throws StartException {
        try {
            return started(configuration.client(entrances));
        } catch (StartException e) {
            server.close();
            throw e;
        }
    }

    private static Proxy started(String json) throws StartException {
        Problems problems = new Problems();
        Map<String, ConfigNode> members = XrayJsonReader.read("demo", json, problems);
        ConfigNode root = ConfigNode.object(new Place("demo", 0, 0, ""));
        if (members != null) {
            members.forEach(root::put);
        }
        Proxy proxy = Proxy.create(root, problems);
        if (proxy == null) {
            throw new IllegalStateException("the demo's own configuration: " + problems.errors());
        }
        proxy.start();
        return proxy;
    }
}
