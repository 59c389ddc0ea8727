package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;

/**
 * A client's ping of an address that the forwarder stands for (RFC 792, RFC 4443 section 4).
 * Belongs to the stack's thread. It holds a copy of the ping, up to 64 KiB, and nothing of the
 * stack's memory, so that it may be forgotten; a forwarder that waits for answers bounds how many
 * it keeps, for the rate is limited ({@link NetStackConfig.Builder#forwardedEcho}) but not the sum.
 */
public final class EchoRequest extends Deliverable {
    private final NetStack stack;

    /** The request on its own, as a packet that can be answered later. */
    private final Packet packet = new Packet();

    private boolean answered;

    EchoRequest(NetStack stack, Packet p) {
        this.stack = stack;
        int header = (int) (p.transportOffset - p.offset);
        byte[] copy =
                p.memory
                        .asSlice(p.offset, header + (long) p.transportLength)
                        .toArray(ValueLayout.JAVA_BYTE);
        packet.memory = MemorySegment.ofArray(copy);
        packet.length = copy.length;
        packet.v6 = p.v6;
        packet.srcHi = p.srcHi;
        packet.srcLo = p.srcLo;
        packet.dstHi = p.dstHi;
        packet.dstLo = p.dstLo;
        packet.transportOffset = header;
        packet.transportLength = p.transportLength;
        packet.trafficClass = p.trafficClass;
        packet.hopLimit = p.hopLimit;
    }

    /** The client. */
    public InetAddress source() {
        return IpAddress.toInetAddress(packet.srcHi, packet.srcLo);
    }

    /** Whom it pings. */
    public InetAddress destination() {
        return IpAddress.toInetAddress(packet.dstHi, packet.dstLo);
    }

    /** Which ping program it is, 0..65535. */
    public int identifier() {
        return IpHeader.u16(packet.memory, packet.transportOffset + 4);
    }

    /** Which of its pings it is, 0..65535. */
    public int sequence() {
        return IpHeader.u16(packet.memory, packet.transportOffset + 6);
    }

    /** TTL or hop limit that was left when it came. */
    public int hopLimit() {
        return packet.hopLimit;
    }

    /** A copy of what it carries, which the answer repeats. */
    public byte[] payload() {
        return packet.memory
                .asSlice(
                        packet.transportOffset + Icmp.HEADER,
                        packet.transportLength - (long) Icmp.HEADER)
                .toArray(ValueLayout.JAVA_BYTE);
    }

    /** The host answered: so does the stack in its name. Of several answers the first counts. */
    public void reply() {
        if (isFirstAnswer()) {
            stack.icmp.echoReply(packet);
        }
    }

    /** The host can't be reached: the client hears so by ICMP. */
    public void refuse(Refusal how) {
        if (isFirstAnswer()) {
            stack.icmp.unreachable(packet.memory, 0, packet.length, how, stack.now());
        }
    }

    private boolean isFirstAnswer() {
        boolean first = !answered && !stack.isClosed();
        answered = true;
        return first;
    }

    @Override
    void deliver() {
        Forwarder forwarder = stack.forwarder();
        if (forwarder != null && !stack.isClosed()) {
            forwarder.echo(this);
        }
    }

    @Override
    public String toString() {
        return source() + " pings " + destination();
    }
}
