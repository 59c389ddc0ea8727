package io.culvert.netstack;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A host that takes the smallest fragments, with somebody at port 2000 of either family. */
abstract class ReassemblyFixture {
    final Host host = new Host(b -> b.smallestFragment(8));
    final UdpLog log = new UdpLog();
    final Random random = new Random(3);

    @BeforeEach
    void bind() {
        host.stack.udp(false, 2000, log);
        host.stack.udp(true, 2000, log);
    }

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    byte[] data(int length) {
        byte[] b = new byte[length];
        random.nextBytes(b);
        return b;
    }
}
