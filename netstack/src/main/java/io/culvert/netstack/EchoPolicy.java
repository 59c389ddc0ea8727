package io.culvert.netstack;

/** What happens to ICMP echo requests for addresses that the forwarder stands for. */
public enum EchoPolicy {
    /** No answer: the stack doesn't know whether the host lives. */
    DROP,
    /** Answered as if every host lived, as some tunnels do. */
    FAKE,
    /** Handed to {@link Forwarder#echo}, which asks the real host and answers for it, or not. */
    RELAY
}
