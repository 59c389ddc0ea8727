package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;

/** Transport data (paper, section 5.4.6), read and written where it lies. */
final class TransportMessage {
    static final int TYPE = 4;
    static final int RECEIVER = 4;
    static final int COUNTER = 8;

    /** Where the sealed packet begins; its tag ends the message. */
    static final int PACKET = 16;

    static final int TAG = 16;

    /** A message without a packet, which is a keepalive. */
    static final int MIN_LENGTH = PACKET + TAG;

    private TransportMessage() {}

    static int receiver(MemorySegment m, long offset) {
        return m.get(Wire.INT_LE, offset + RECEIVER);
    }

    static long counter(MemorySegment m, long offset) {
        return m.get(Wire.LONG_LE, offset + COUNTER);
    }

    static void header(MemorySegment m, long offset, int receiver, long counter) {
        m.set(Wire.INT_LE, offset, TYPE);
        m.set(Wire.INT_LE, offset + RECEIVER, receiver);
        m.set(Wire.LONG_LE, offset + COUNTER, counter);
    }
}
