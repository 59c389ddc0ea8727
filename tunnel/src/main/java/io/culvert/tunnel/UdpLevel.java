package io.culvert.tunnel;

/**
 * How much help of the kernel's the tunnel's UDP socket asks for, from most to least. Each stands
 * in where the one before it cannot be had.
 */
enum UdpLevel {
    /** Trains that the kernel cuts and joins: {@code UDP_SEGMENT} and {@code UDP_GRO}. */
    GSO,
    /** Up to 64 datagrams a call: {@code sendmmsg} and {@code recvmmsg}. */
    MMSG,
    /** One datagram a call. */
    SINGLE,
    /** No calls of our own: {@link NettyUdpTransport}. */
    NETTY;

    /**
     * System property that keeps from the levels above the one it names, {@code gso}, {@code mmsg},
     * {@code single} or {@code netty}: for tests of a level on kernels that can do better.
     */
    static final String PROPERTY = "culvert.udp";

    /**
     * The highest level that may be used.
     *
     * @throws IllegalArgumentException when the property names none
     */
    static UdpLevel highest() {
        String asked = System.getProperty(PROPERTY, "gso");
        return switch (asked) {
            case "gso" -> GSO;
            case "mmsg" -> MMSG;
            case "single" -> SINGLE;
            case "netty" -> NETTY;
            default ->
                    throw new IllegalArgumentException(
                            "-D%s takes gso, mmsg, single or netty, not %s"
                                    .formatted(PROPERTY, asked));
        };
    }
}
