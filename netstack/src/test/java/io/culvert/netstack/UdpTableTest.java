package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UdpTableTest {
    private final Host host = new Host();

    private UdpSocket socket(long hi, long lo, int port) {
        return new UdpSocket(
                host.stack,
                false,
                true,
                new UdpKey(hi, lo, port, 0, 0, 0, hi, lo),
                Host.address("1.2.3.4", 5));
    }

    @Test
    void behavesLikeAMapUnderAddsAndRemoves() {
        Random random = new Random(2);
        UdpTable table = new UdpTable(new SipHash(1, 2));
        Map<List<Long>, UdpSocket> model = new HashMap<>();
        for (int i = 0; i < 200_000; i++) {
            long hi = random.nextInt(3);
            long lo = random.nextInt(40);
            int port = random.nextInt(40);
            List<Long> key = List.of(hi, lo, (long) port);
            UdpSocket known = model.get(key);
            assertThat(table.find(hi, lo, port)).isSameAs(known);
            if (known == null && random.nextInt(1000) > i / 300) {
                UdpSocket s = socket(hi, lo, port);
                table.add(s);
                model.put(key, s);
            } else if (known != null && random.nextBoolean()) {
                table.remove(known);
                model.remove(key);
            }
            assertThat(table.size()).isEqualTo(model.size());
        }
        model.values().forEach(table::remove);
        assertThat(table.any()).isNull();
        assertThat(table.size()).isZero();
    }

    @Test
    void removingWhatIsNotThereIsHarmless() {
        UdpTable table = new UdpTable(new SipHash(1, 2));
        UdpSocket a = socket(1, 2, 3);
        table.add(a);
        table.remove(socket(1, 2, 3));
        assertThat(table.find(1, 2, 3)).isSameAs(a);
    }
}
