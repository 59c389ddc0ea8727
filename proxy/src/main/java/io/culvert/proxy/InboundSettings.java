package io.culvert.proxy;

/** What a file says about one kind of inbound. */
sealed interface InboundSettings
        permits SocksInbound.Settings,
                HttpInbound.Settings,
                ForwardInbound.Settings,
                ServiceSettings,
                WireGuardSettings,
                TunnelListenInbound.Settings {}
