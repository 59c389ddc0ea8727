package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TcpFlowTableTest {
    private final SipHash key = new SipHash(1, 2);

    @Test
    void findsWhatAMapWouldFind() {
        Random r = new Random(3);
        TcpFlowTable table = new TcpFlowTable(key);
        Map<Integer, TcpFlow> map = new HashMap<>();
        for (int step = 0; step < 60_000; step++) {
            int ports = r.nextInt(step < 30_000 ? 5000 : 500);
            TcpFlow known = map.get(ports);
            assertThat(table.find(0, 1, 0, 2, ports)).isSameAs(known);
            assertThat(table.find(0, 1, 0, 3, ports)).isNull();
            if (known == null) {
                TcpFlow flow = flow(table, ports);
                table.add(flow);
                map.put(ports, flow);
            } else if (r.nextInt(3) == 0) {
                TcpFlow other = flow(table, ports);
                table.replace(known, other);
                map.put(ports, other);
            } else {
                table.remove(known);
                map.remove(ports);
            }
            assertThat(table.size()).isEqualTo(map.size());
        }
        assertThat(table.snapshot()).containsExactlyInAnyOrderElementsOf(map.values());
    }

    private static TcpFlow flow(TcpFlowTable table, int ports) {
        return new TcpAddresses(0, 1, 0, 2, ports, table.hash(0, 1, 0, 2, ports));
    }

    @Test
    void countsWhatAMapWouldCount() {
        Random r = new Random(4);
        PendingCounts counts = new PendingCounts(key);
        Map<Long, Integer> map = new HashMap<>();
        for (int step = 0; step < 60_000; step++) {
            long a = r.nextInt(step < 30_000 ? 800 : 80);
            int known = map.getOrDefault(a, 0);
            assertThat(counts.count(a, 7, 8, 9)).isEqualTo(known);
            if (known == 0 || r.nextInt(5) < 2) {
                counts.increment(a, 7, 8, 9);
                map.merge(a, 1, Integer::sum);
            } else {
                counts.decrement(a, 7, 8, 9);
                map.merge(a, -1, Integer::sum);
            }
        }
        map.forEach((a, n) -> {
            for (int i = 0; i < n; i++) {
                counts.decrement(a, 7, 8, 9);
            }
        });
        assertThat(counts.isEmpty()).isTrue();
    }
}
