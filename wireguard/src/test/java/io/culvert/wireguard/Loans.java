package io.culvert.wireguard;

import java.util.ArrayList;
import java.util.List;

/** A driver's part in deferred handshakes. */
final class Loans {
    private Loans() {}

    /** Serves everything that waits, on this thread. */
    static void serve(Device device, long now) {
        for (HandshakeWork work; (work = device.lendHandshakes(Integer.MAX_VALUE)) != null; ) {
            work.run();
            device.returnHandshakes(work, now);
        }
    }

    /** Borrows everything that waits, and computes it. */
    static List<HandshakeWork> borrow(Device device, long now) {
        List<HandshakeWork> works = new ArrayList<>();
        for (HandshakeWork work; (work = device.lendHandshakes(Integer.MAX_VALUE)) != null; ) {
            work.run();
            works.add(work);
        }
        return works;
    }
}
