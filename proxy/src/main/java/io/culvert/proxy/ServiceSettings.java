package io.culvert.proxy;

import java.util.Set;

/**
 * What Culvert itself serves, be it where {@code listen} says, or as an outbound to which rules
 * send an inbound.
 *
 * @param services names of the API's services that may be called
 */
record ServiceSettings(Kind kind, Set<String> services)
        implements InboundSettings, OutboundSettings {

    /** The two sections of a file that stand for a service. */
    enum Kind {
        /** Xray's gRPC services. */
        API,
        /** Counters as JSON over HTTP. */
        METRICS;

        /** The section's name. */
        String key() {
            return this == API ? "api" : "metrics";
        }
    }
}
