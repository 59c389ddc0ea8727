package io.culvert.proxy;

import org.jspecify.annotations.Nullable;

/**
 * A proxy that an outbound goes through.
 *
 * @param account null = it asks for none
 */
record ProxyServer(HostPort place, Accounts.@Nullable Account account) {

    /** For messages: {@code host:port}. */
    String authority() {
        return place.destination(Network.TCP).authority();
    }

    /** Nothing of the account. */
    @Override
    public String toString() {
        return authority();
    }
}
