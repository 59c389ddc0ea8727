package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;

/** What the device has to know of the IP packets it carries: version, length and addresses. */
final class InnerPacket {
    static final int IPV4_HEADER = 20;
    static final int IPV4_SOURCE = 12;
    static final int IPV4_DESTINATION = 16;
    static final int IPV6_HEADER = 40;
    static final int IPV6_SOURCE = 8;
    static final int IPV6_DESTINATION = 24;

    private static final int IPV4_TOTAL_LENGTH = 2;
    private static final int IPV6_PAYLOAD_LENGTH = 4;

    private InnerPacket() {}

    static boolean isIpv4(MemorySegment m, long packet) {
        return version(m, packet) == 4;
    }

    /** Tells whether there is a whole header of a known version. */
    static boolean hasHeader(MemorySegment m, long packet, int available) {
        if (available < IPV4_HEADER) {
            return false;
        }
        int version = version(m, packet);
        return version == 4 || (version == 6 && available >= IPV6_HEADER);
    }

    /**
     * Length of the packet by its own header, without the padding behind it; 0 when the header is
     * not whole, of an unknown version, or claims more than there is.
     */
    static int length(MemorySegment m, long packet, int available) {
        if (!hasHeader(m, packet, available)) {
            return 0;
        }
        if (isIpv4(m, packet)) {
            int total = unsignedShort(m, packet + IPV4_TOTAL_LENGTH);
            return total >= IPV4_HEADER && total <= available ? total : 0;
        }
        int total = unsignedShort(m, packet + IPV6_PAYLOAD_LENGTH) + IPV6_HEADER;
        return total <= available ? total : 0;
    }

    private static int version(MemorySegment m, long packet) {
        return (m.get(Wire.BYTE, packet) & 0xff) >>> 4;
    }

    private static int unsignedShort(MemorySegment m, long at) {
        return Short.toUnsignedInt(m.get(Wire.SHORT_BE, at));
    }
}
