package io.culvert.proxy;

import io.netty.util.concurrent.Promise;

/** A way to ask one server. Used on the event loop of its resolver. */
interface DnsTransport {

    /**
     * Asks.
     *
     * @param reply of the resolver's loop; takes what the server says, or a {@link DialException}.
     *     Once it is done otherwise, by time or because nobody waits, the attempt is given up.
     */
    void ask(DnsQuery query, Promise<DnsReply> reply);

    /** Whether questions to this server go by an outbound of that tag, as things stand. */
    boolean goesBy(String outboundTag);

    /** Gives up connections. */
    default void close() {}
}
