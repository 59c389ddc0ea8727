package io.culvert.simnet;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * Looks at every datagram that tunnels send: message lengths, padding, the MTU, and that no nonce
 * is used twice, on which all of the encryption rests.
 */
public final class WireGuardCheck implements VirtualNetwork.Observer {
    private static final int INITIATION = 148;
    private static final int RESPONSE = 92;
    private static final int COOKIE = 64;
    private static final int OVERHEAD = 32;
    private static final int PADDING = 16;

    private final Map<String, Integer> mtus = new HashMap<>();
    private final Map<Session, Long> counters = new HashMap<>();
    private long handshakes;
    private long keepalives;
    private long data;

    /** A receiver's session, as its sender sees it: the socket and the receiver's index. */
    private record Session(String from, int receiver) {}

    /** Expects nobody yet. */
    public WireGuardCheck() {}

    /** Announces a host by the name of its socket and the MTU of its tunnel. */
    public void expect(String name, int mtu) {
        mtus.put(name, mtu);
    }

    /** Initiations and responses seen. */
    public long handshakes() {
        return handshakes;
    }

    public long keepalives() {
        return keepalives;
    }

    /** Data messages that weren't keepalives. */
    public long data() {
        return data;
    }

    @Override
    public void sent(VirtualSocket from, InetSocketAddress destination, byte[] bytes, int length) {
        ByteBuffer b = ByteBuffer.wrap(bytes, 0, length).order(ByteOrder.LITTLE_ENDIAN);
        switch (length < 4 ? 0 : b.getInt(0)) {
            case 1 -> {
                handshakes++;
                requireLength(from, length, INITIATION);
            }
            case 2 -> {
                handshakes++;
                requireLength(from, length, RESPONSE);
            }
            case 3 -> requireLength(from, length, COOKIE);
            case 4 -> transport(from, b, length);
            default ->
                    throw new AssertionError(from.name() + " sends what is no WireGuard message");
        }
    }

    private void transport(VirtualSocket from, ByteBuffer b, int length) {
        Integer mtu = mtus.get(from.name());
        if (mtu == null) {
            throw new IllegalStateException(from.name() + " was not announced");
        }
        int inner = length - OVERHEAD;
        if (inner < 0 || inner > mtu || (inner % PADDING != 0 && inner != mtu)) {
            throw new AssertionError(from.name() + " sends " + inner + " padded bytes, MTU " + mtu);
        }
        if (inner == 0) {
            keepalives++;
        } else {
            data++;
        }
        long counter = b.getLong(8);
        Long before = counters.put(new Session(from.name(), b.getInt(4)), counter);
        if (counter < 0 || (before == null ? counter != 0 : counter <= before)) {
            throw new AssertionError(from.name() + " uses counter " + counter + " after " + before);
        }
    }

    private static void requireLength(VirtualSocket from, int length, int expected) {
        if (length != expected) {
            throw new AssertionError(
                    from.name() + " sends a message of " + length + " bytes, not " + expected);
        }
    }
}
