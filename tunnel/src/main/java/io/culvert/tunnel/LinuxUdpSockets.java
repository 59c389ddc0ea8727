package io.culvert.tunnel;

import io.culvert.tunnel.UdpDescriptor.UnsupportedFamilyException;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the sockets of a {@link LinuxUdpTransport} are made.
 *
 * @param highest the most help of the kernel's that they ask for
 * @param options set on each before it is bound
 * @param fwmark mark of all they send; 0 for none
 * @param besideOld whether they take over their port from sockets that are still open
 */
record LinuxUdpSockets(
        UdpCounters counters,
        KernelCalls kernel,
        UdpLevel highest,
        List<SocketOption> options,
        int fwmark,
        boolean besideOld) {
    /** How often both families are tried on a port the kernel chose for the first of them. */
    private static final int EPHEMERAL_ATTEMPTS = 100;

    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    /** The same for those that follow them, perhaps on the same port. */
    LinuxUdpSockets after(int mark, boolean samePort) {
        return new LinuxUdpSockets(counters, kernel, highest, options, mark, samePort);
    }

    /**
     * Binds a wildcard address in both families to one port, any other in its own.
     *
     * @throws BindException when the port is taken or the address isn't ours
     */
    List<LinuxUdpSocket> bind(InetSocketAddress local) throws IOException {
        return local.getAddress().isAnyLocalAddress()
                ? bindBoth(local.getPort())
                : List.of(open(local));
    }

    private List<LinuxUdpSocket> bindBoth(int port) throws IOException {
        for (int attempt = 1; ; attempt++) {
            LinuxUdpSocket v4 = openIfSupported(WildcardAddress.IPV4, port);
            LinuxUdpSocket v6;
            try {
                int same = v4 == null ? port : v4.local().getPort();
                v6 = openIfSupported(WildcardAddress.IPV6, same);
            } catch (BindException taken) {
                if (v4 != null) {
                    v4.discard();
                }
                if (port != 0 || attempt == EPHEMERAL_ATTEMPTS) {
                    throw taken;
                }
                continue;
            } catch (IOException e) {
                if (v4 != null) {
                    v4.discard();
                }
                throw e;
            }
            if (v4 == null && v6 == null) {
                throw new SocketException("the kernel has neither IPv4 nor IPv6");
            }
            return v4 == null ? List.of(v6) : v6 == null ? List.of(v4) : List.of(v4, v6);
        }
    }

    private @Nullable LinuxUdpSocket openIfSupported(WildcardAddress family, int port)
            throws IOException {
        try {
            return open(family.port(port));
        } catch (UnsupportedFamilyException e) {
            LOG.log(Level.DEBUG, "no {0} sockets: {1}", family, e.getMessage());
            return null;
        }
    }

    private LinuxUdpSocket open(InetSocketAddress local) throws IOException {
        return LinuxUdpSocket.open(local, counters, kernel, highest, options, fwmark, besideOld);
    }

    static void closeDescriptor(FileDescriptor fd) {
        try {
            fd.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing a UDP socket", e);
        }
    }
}
