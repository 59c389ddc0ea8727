package io.culvert.bench;

import io.culvert.wireguard.PrivateKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A client and a server of WireGuard, each Culvert or wireguard-go, joined over the veth pair. All
 * pairs run at the same time, with keys, ports and inner networks of their own; who isn't measured
 * is idle.
 */
final class ComparedPair implements AutoCloseable {

    private final CompareLab lab;
    private final int number;
    private final String kinds;
    private final boolean culvertClient;
    private final boolean culvertServer;
    private final PrivateKey clientKey = PrivateKey.generate(new SecureRandomEntropy());
    private final PrivateKey serverKey = PrivateKey.generate(new SecureRandomEntropy());
    private @Nullable Process client;
    private @Nullable Process server;

    /**
     * @param number of it among the pairs, from 0
     * @param kinds {@code CLIENT+SERVER}, of {@code culvert} and {@code go}
     */
    ComparedPair(CompareLab lab, int number, String kinds) {
        this.lab = lab;
        this.number = number;
        this.kinds = kinds;
        String[] both = kinds.split("\\+", -1);
        if (both.length != 2) {
            throw new IllegalArgumentException(kinds + " is no pair, such as culvert+go");
        }
        culvertClient = isCulvert(both[0]);
        culvertServer = isCulvert(both[1]);
    }

    private static boolean isCulvert(String kind) {
        return switch (kind) {
            case "culvert" -> true;
            case "go" -> false;
            default -> throw new IllegalArgumentException(kind + " is neither culvert nor go");
        };
    }

    String kinds() {
        return kinds;
    }

    int number() {
        return number;
    }

    Process client() {
        return Objects.requireNonNull(client);
    }

    Process server() {
        return Objects.requireNonNull(server);
    }

    PrivateKey clientKey() {
        return clientKey;
    }

    PrivateKey serverKey() {
        return serverKey;
    }

    /** Where a port of the server's services is reached through the tunnel. */
    InetSocketAddress service(int port) {
        return culvertClient
                ? new InetSocketAddress(
                        InetAddress.getLoopbackAddress(), CompareLab.forwardedPort(number, port))
                : new InetSocketAddress(CompareLab.innerServer(number), port);
    }

    /** How long both took, in milliseconds. */
    record Start(double serverReady, double firstByte) {}

    /**
     * Starts both anew: the server, until it says that it is ready, or all of its configuration is
     * applied; then the client, until a byte has gone to the echo behind the server and come back.
     */
    Start restart() throws IOException {
        stop();
        long begun = System.nanoTime();
        server = culvertServer ? lab.culvertServer(this) : lab.wireguardGoServer(this);
        double serverReady = (System.nanoTime() - begun) / 1e6;
        begun = System.nanoTime();
        client = culvertClient ? lab.culvertClient(this) : lab.wireguardGoClient(this);
        CompareLab.await("the tunnel of " + kinds, client, lab.log(this, "client"), this::carries);
        return new Start(serverReady, (System.nanoTime() - begun) / 1e6);
    }

    private boolean carries() {
        return !TcpRoundTrips.measure(
                        service(ServiceHost.ECHO).getHostString(),
                        service(ServiceHost.ECHO).getPort(),
                        Duration.ofNanos(1),
                        0)
                .isEmpty();
    }

    boolean isAlive() {
        return client().isAlive() && server().isAlive();
    }

    private void stop() {
        for (Process process : new @Nullable Process[] {client, server}) {
            if (process != null) {
                Programs.end(process);
            }
        }
        client = null;
        server = null;
    }

    @Override
    public void close() {
        stop();
        clientKey.destroy();
        serverKey.destroy();
    }
}
