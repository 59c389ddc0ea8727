package io.culvert.proxy;

/** What a file says about one kind of outbound. */
sealed interface OutboundSettings
        permits FreedomOutbound.Settings,
                BlackholeOutbound.Settings,
                SocksOutbound.Settings,
                HttpOutbound.Settings,
                LoopbackOutbound.Settings,
                DnsOutbound.Settings,
                ServiceSettings,
                WireGuardSettings {

    /** Whether it takes UDP as well as TCP. */
    default boolean carriesDatagrams() {
        return !(this instanceof HttpOutbound.Settings);
    }
}
