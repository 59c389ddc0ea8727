package io.culvert.proxy;

/** Where a rule sends what it takes. */
sealed interface Way {

    /** One outbound. */
    record ByOutbound(String tag) implements Way {}

    /** One of several outbounds, chosen for each flow. */
    record ByBalancer(String tag) implements Way {}
}
