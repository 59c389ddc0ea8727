package io.culvert.netstack;

/** Numbers of ICMP for IPv4 (RFC 792, RFC 1122, RFC 1812) and ICMPv6 (RFC 4443). */
final class Icmp {
    static final int HEADER = 8;

    static final int V4_ECHO_REPLY = 0;
    static final int V4_UNREACHABLE = 3;
    static final int V4_SOURCE_QUENCH = 4;
    static final int V4_REDIRECT = 5;
    static final int V4_ECHO = 8;
    static final int V4_TIME_EXCEEDED = 11;
    static final int V4_PARAMETER_PROBLEM = 12;

    static final int V4_NET = 0;
    static final int V4_HOST = 1;
    static final int V4_PROTOCOL = 2;
    static final int V4_PORT = 3;
    static final int V4_FRAGMENTATION_NEEDED = 4;
    static final int V4_PROHIBITED = 13;

    static final int V6_UNREACHABLE = 1;
    static final int V6_PACKET_TOO_BIG = 2;
    static final int V6_TIME_EXCEEDED = 3;
    static final int V6_PARAMETER_PROBLEM = 4;
    static final int V6_ECHO = 128;
    static final int V6_ECHO_REPLY = 129;

    static final int V6_NO_ROUTE = 0;
    static final int V6_PROHIBITED = 1;
    static final int V6_ADDRESS = 3;
    static final int V6_PORT = 4;

    /** Parameter problem codes of RFC 4443 section 3.4. */
    static final int V6_UNKNOWN_NEXT_HEADER = 1;

    /** Codes of time exceeded in both families. */
    static final int HOP_LIMIT = 0;

    static final int REASSEMBLY = 1;

    private Icmp() {}

    /** Whether the type is that of an error message. */
    static boolean isError(boolean v6, int type) {
        if (v6) {
            return type < V6_ECHO;
        }
        return type == V4_UNREACHABLE
                || type == V4_SOURCE_QUENCH
                || type == V4_REDIRECT
                || type == V4_TIME_EXCEEDED
                || type == V4_PARAMETER_PROBLEM;
    }
}
