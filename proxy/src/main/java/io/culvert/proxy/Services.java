package io.culvert.proxy;

import io.netty.channel.group.ChannelGroup;

/**
 * What inbounds and outbounds of one proxy share.
 *
 * @param open every channel that must be closed when the proxy stops
 */
record Services(Sockets sockets, Policy policy, NameResolver systemResolver, ChannelGroup open) {}
