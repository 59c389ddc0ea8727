package io.culvert.netstack;

import static io.culvert.netstack.IpHeader.u16;
import static io.culvert.netstack.IpHeader.u8;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** Our own echo requests and who waits for their answers (RFC 792, RFC 4443 section 4). */
final class EchoClient {
    /** The largest message in an IPv4 packet (RFC 791), its header of ICMP not counted. */
    static final int MAX_PAYLOAD = 65535 - IpHeader.V4_LENGTH - Icmp.HEADER;

    /** So many may wait at a time; a power of two. */
    static final int PLACES = 4096;

    private final NetStack stack;
    private final SipHash hash;
    private final @Nullable Echo[] waiting = new @Nullable Echo[PLACES];

    /** Counts the requests; its low bits are a request's place, its low 16 bits what is sent. */
    private int sequence;

    private int live;

    EchoClient(NetStack stack, SipHash hash) {
        this.stack = stack;
        this.hash = hash;
        sequence = (int) hash.strong(0, 0, 0);
    }

    /** Requests that wait for an answer. */
    int live() {
        return live;
    }

    void send(InetAddress remote, byte[] payload, long deadline, EchoHandler handler) {
        if (payload.length > MAX_PAYLOAD) {
            throw new IllegalArgumentException(
                    "payload of " + payload.length + " bytes is above " + MAX_PAYLOAD);
        }
        boolean v6 = remote.getAddress().length == 16;
        long hi = IpAddress.hi(remote);
        long lo = IpAddress.lo(remote);
        int place = sequence & PLACES - 1;
        Echo echo = new Echo(handler, hi, lo, sequence & 0xffff, payload.length);
        if (!stack.addresses.has(v6) || !IpAddress.isUnicast(hi, lo)) {
            echo.end(EchoResult.NET_UNREACHABLE);
        } else if (stack.isClosed()
                || waiting[place] != null
                || !stack.icmp.echoRequest(v6, hi, lo, identifier(hi, lo), echo.number, payload)) {
            echo.end(EchoResult.NOT_SENT);
        } else {
            waiting[place] = echo;
            live++;
            sequence++;
            stack.timers.arm(echo.timeout, deadline);
        }
    }

    /** One for each host, as if a ping program ran for it, which nobody else can foresee. */
    private int identifier(long hi, long lo) {
        return (int) hash.strong(hi, lo, 1) & 0xffff;
    }

    /** An echo reply to an address of ours came; false if nobody waits for it. */
    boolean reply(Packet p) {
        Echo echo = find(p, p.srcHi, p.srcLo);
        if (echo == null || p.transportLength - Icmp.HEADER != echo.length) {
            return false;
        }
        echo.end(EchoResult.REPLIED);
        return true;
    }

    /** An error quotes a request of ours, it says; false if it doesn't. */
    boolean icmpError(Packet quoted, Unreachable kind, int mtu, long now) {
        int type = quoted.v6 ? Icmp.V6_ECHO : Icmp.V4_ECHO;
        Echo echo = find(quoted, quoted.dstHi, quoted.dstLo);
        if (echo == null || u8(quoted.memory, quoted.transportOffset) != type || !quoted.local) {
            return false;
        }
        switch (kind) {
            case NET -> echo.end(EchoResult.NET_UNREACHABLE);
            case HOST, PROTOCOL, PORT -> echo.end(EchoResult.HOST_UNREACHABLE);
            case PROHIBITED -> echo.end(EchoResult.PROHIBITED);
            case PACKET_TOO_BIG -> {
                if (mtu >= quoted.length) {
                    return false;
                }
                stack.pathMtu.lower(quoted.dstHi, quoted.dstLo, mtu, now); // the next one fits
            }
            case TIME_EXCEEDED, PARAMETER_PROBLEM -> {
                // Hints; another copy may still arrive.
            }
        }
        return true;
    }

    /** The request of the message's identifier and number, if it was sent to that host. */
    private @Nullable Echo find(Packet p, long hi, long lo) {
        int number = u16(p.memory, p.transportOffset + 6);
        Echo echo = waiting[number & PLACES - 1];
        boolean same =
                echo != null
                        && echo.number == number
                        && echo.hi == hi
                        && echo.lo == lo
                        && u16(p.memory, p.transportOffset + 4) == identifier(hi, lo);
        return same ? echo : null;
    }

    void close() {
        for (Echo echo : waiting) {
            if (echo != null) {
                echo.end(EchoResult.NOT_SENT);
            }
        }
    }

    /** One request, until its handler heard what became of it. */
    private final class Echo extends Deliverable {
        private final EchoHandler handler;
        private final long hi;
        private final long lo;
        private final int number;
        private final int length;
        private EchoResult result = EchoResult.TIMED_OUT;

        private final Timer timeout =
                new Timer() {
                    @Override
                    void fire(long now) {
                        end(EchoResult.TIMED_OUT);
                    }
                };

        private Echo(EchoHandler handler, long hi, long lo, int number, int length) {
            this.handler = handler;
            this.hi = hi;
            this.lo = lo;
            this.number = number;
            this.length = length;
        }

        @SuppressWarnings("ReferenceEquality")
        private void end(EchoResult how) {
            int place = number & PLACES - 1;
            if (waiting[place] == this) {
                waiting[place] = null;
                live--;
                stack.timers.remove(timeout);
            }
            result = how;
            stack.events.add(this);
        }

        @Override
        void deliver() {
            handler.done(result);
        }
    }
}
