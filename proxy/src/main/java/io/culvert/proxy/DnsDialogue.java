package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Promise;

/** How questions are put over one connection. Used on the channel's event loop. */
interface DnsDialogue {

    /**
     * Sets up a fresh connection's pipeline.
     *
     * @param ready done when questions may be asked; failed if they never may
     */
    void begin(Channel channel, Promise<Asking> ready);

    /** A connection that is ready. */
    interface Asking {
        /**
         * Asks, on the channel's loop.
         *
         * @param reply of any loop; cancelled when nobody waits any more
         */
        void ask(DnsQuery query, Promise<DnsReply> reply);
    }
}
