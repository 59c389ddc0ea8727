package io.culvert.proxy;

import io.culvert.tunnel.InterfaceAddress;
import io.culvert.tunnel.TunNetwork;
import io.culvert.tunnel.Tunnel;
import io.culvert.tunnel.TunnelConfig;
import io.culvert.tunnel.TunnelException;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/**
 * Opens an outbound's tunnel by a network interface of the system's, where the file asks for that
 * and the system lets us; else with our own stack, which carries the same.
 */
final class KernelTun {
    /** The first number that is free, as Xray's. */
    private static final String NAME = "wg%d";

    private KernelTun() {}

    static Tunnel open(String tag, WireGuardSettings settings, TunnelConfig config, EventLoop loop)
            throws TunnelException {
        if (!settings.kernelTun()) {
            return Tunnel.open(config, loop);
        }
        if (!(loop instanceof IoEventLoop epoll)) {
            return instead(tag, "no epoll", config, loop);
        }
        TunNetwork network;
        try {
            network = network(settings.addresses(), settings.mtu());
        } catch (IOException e) {
            return instead(tag, String.valueOf(e.getMessage()), config, loop);
        }
        Tunnel tunnel = Tunnel.open(config, network, epoll);
        Log.info("outbound " + tag + ": its connections are the kernel's, by " + network.name());
        return tunnel;
    }

    private static Tunnel instead(String tag, String reason, TunnelConfig config, EventLoop loop)
            throws TunnelException {
        Log.warning(
                "outbound " + tag + ": no kernel TUN, its connections are ours instead: " + reason);
        return Tunnel.open(config, loop);
    }

    private static TunNetwork network(List<InetAddress> own, int mtu) throws IOException {
        int orphans = TunNetwork.undoOrphans();
        if (orphans > 0) {
            Log.info(orphans + " routing rules of a Culvert that was killed are taken away");
        }
        TunNetwork network = TunNetwork.open(NAME);
        try {
            List<InterfaceAddress> addresses = own.stream().map(InterfaceAddress::host).toList();
            network.up(addresses, mtu);
            network.carryBoundSockets(addresses);
            return network;
        } catch (IOException e) {
            try (network) {
                throw e;
            }
        }
    }
}
