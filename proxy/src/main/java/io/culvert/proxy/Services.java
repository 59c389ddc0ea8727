package io.culvert.proxy;

import io.netty.channel.group.ChannelGroup;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What inbounds and outbounds of one proxy share.
 *
 * @param currentPolicy what {@link #policy} gives
 * @param open every channel that must be closed when the proxy stops
 */
record Services(
        Sockets sockets,
        AtomicReference<Policy> currentPolicy,
        NameResolver systemResolver,
        ChannelGroup open) {

    /** For connections that begin now. */
    Policy policy() {
        return currentPolicy.get();
    }
}
