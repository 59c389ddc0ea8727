package io.culvert.netstack;

/** What became of an echo request of ours. */
public enum EchoResult {
    /** The host answered. */
    REPLIED,
    /** Nobody answered in time. */
    TIMED_OUT,
    /** There is no way to the network, or this stack has no address of its family. */
    NET_UNREACHABLE,
    /** The network doesn't find the host, or the host doesn't speak ICMP. */
    HOST_UNREACHABLE,
    /** Somebody on the way doesn't allow it. */
    PROHIBITED,
    /** It was not sent: too many wait, memory is short, or the stack is closed. */
    NOT_SENT
}
