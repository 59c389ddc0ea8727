package io.culvert.proxy;

import org.jspecify.annotations.Nullable;

/**
 * What a file says about how an outbound dials.
 *
 * @param via the outbound that carries it; null = this machine's sockets do
 * @param order which addresses of a server's name are used; null = the outbound's own order
 */
record DialSettings(
        @Nullable Via via,
        SendThrough sendThrough,
        SocketSettings sockets,
        @Nullable AddressOrder order,
        HappyEyeballs.Settings eyeballs) {

    /** The system chooses the address that is left from. */
    static final SendThrough ANYWHERE = new SendThrough.Asked(SendThrough.Whose.NOBODYS);

    /** By this machine's sockets, as they come. */
    static final DialSettings DEFAULT =
            new DialSettings(
                    null, ANYWHERE, SocketSettings.NONE, null, HappyEyeballs.Settings.DEFAULT);

    /**
     * Another outbound.
     *
     * @param place where the file names it
     */
    record Via(String tag, Place place) {}

    /** The tag of the outbound that carries it, or null. */
    @Nullable String viaTag() {
        return via == null ? null : via.tag();
    }
}
