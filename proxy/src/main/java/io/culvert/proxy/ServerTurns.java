package io.culvert.proxy;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The servers of an outbound, which take turns. Thread-safe. */
final class ServerTurns {
    private final List<ProxyServer> servers;
    private final AtomicInteger turn = new AtomicInteger();

    /**
     * @param servers at least one
     */
    ServerTurns(List<ProxyServer> servers) {
        this.servers = servers;
    }

    ProxyServer next() {
        return servers.get(Math.floorMod(turn.getAndIncrement(), servers.size()));
    }
}
