package io.culvert.proxy;

import io.netty.channel.group.ChannelGroup;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What inbounds and outbounds of one proxy share.
 *
 * @param currentPolicies what {@link #policy} gives
 * @param systemResolver for names that are the system's to resolve, whatever the file says
 * @param dns for all other names
 * @param loops notices what comes back to where it was
 * @param processes knows who opened a connection
 * @param open every channel that must be closed when the proxy stops
 */
record Services(
        Sockets sockets,
        AtomicReference<Policies> currentPolicies,
        NameResolver systemResolver,
        Dns dns,
        LoopGuard loops,
        ProcessLookup processes,
        ChannelGroup open) {

    /** The limits for whom a session belongs to, for connections that begin now. */
    Policy policy(Session session) {
        return currentPolicies.get().of(session.level());
    }

    /** The limits for clients that an inbound doesn't know yet. */
    Policy policy(InboundIdentity inbound) {
        return currentPolicies.get().of(inbound.userLevel());
    }
}
