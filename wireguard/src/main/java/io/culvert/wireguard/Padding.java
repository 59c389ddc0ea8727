package io.culvert.wireguard;

/** How many zero bytes hide the length of a packet (paper, section 5.4.6). */
final class Padding {
    private Padding() {}

    /**
     * Bytes to the next multiple of 16, but never beyond the MTU, since the padded packet has to
     * pass where the packet passed. Of a packet longer than the MTU, only what the last MTU-sized
     * piece holds counts.
     *
     * @param mtu in bytes; 0 means none is known
     */
    static int of(int length, int mtu) {
        if (mtu == 0) {
            return align(length) - length;
        }
        int unit = length > mtu ? length % mtu : length;
        return Math.min(mtu, align(unit)) - unit;
    }

    private static int align(int length) {
        return (length + Constants.MESSAGE_PADDING_MULTIPLE - 1)
                & -Constants.MESSAGE_PADDING_MULTIPLE;
    }
}
