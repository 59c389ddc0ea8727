package io.culvert.tunnel;

import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;

/**
 * The open channels of a tunnel, and the TCP connections that outlive their channel because data or
 * the end of the stream is still on its way. Event loop only.
 */
final class OpenFlows {
    private final Set<Channel> channels = new HashSet<>();
    private final Set<TunnelTcpChannel> connections = new HashSet<>();

    void opened(Channel channel) {
        channels.add(channel);
    }

    void closed(Channel channel) {
        channels.remove(channel);
    }

    void connectionBegan(TunnelTcpChannel channel) {
        connections.add(channel);
    }

    void connectionEnded(TunnelTcpChannel channel) {
        connections.remove(channel);
    }

    int channelCount() {
        return channels.size();
    }

    int connectionCount() {
        return connections.size();
    }

    boolean isEmpty() {
        return channels.isEmpty() && connections.isEmpty();
    }

    /** Closes every channel in order. */
    void closeAll() {
        for (Channel channel : new ArrayList<>(channels)) {
            var _ = channel.close();
        }
    }

    /** Resets every connection, and with it closes every channel. */
    void abortAll() {
        for (TunnelTcpChannel channel : new ArrayList<>(connections)) {
            channel.abortConnection();
        }
        closeAll();
    }
}
