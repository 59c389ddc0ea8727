package io.culvert.proxy;

/**
 * Why a destination was not reached, in the order in which one attempt's answer tells more than
 * another's: of several addresses tried, the reason first in this list is the one reported.
 */
enum Failure {
    /** Routing sends this traffic to nothing. */
    BLACKHOLED,
    /** A rule forbids this destination, or Culvert can't speak the outbound's protocol. */
    DENIED,
    /** The destination answered, with a reset. */
    REFUSED,
    /** A router says that there is no way to this host. */
    HOST_UNREACHABLE,
    /** There is no route to this network. */
    NET_UNREACHABLE,
    /** The name has no address, or nobody could be asked. */
    RESOLVE,
    /** Nobody answered in time. */
    TIMEOUT,
    /** Anything else, on this side. */
    OTHER
}
