package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("A3.7")
class IndexTableTest {
    private final Pair pair = new Pair(1);

    @Test
    void agreesWithAMapThroughGrowthAndRemoval() {
        for (long seed = 0; seed < 20; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            // few different indices, so that probe chains are long and draws collide
            int spread = seed % 2 == 0 ? 0xff0fff : -1;
            SeededEntropy bytes = new SeededEntropy(seed);
            IndexTable table =
                    new IndexTable((out, offset, length) -> {
                        bytes.fill(out, offset, length);
                        Wire.intLe(out, offset, Wire.intLe(out, offset) & spread);
                    });
            Map<Integer, IndexTable.Owner> model = new HashMap<>();
            List<Integer> drawn = new ArrayList<>();
            for (int i = 0; i < 3_000; i++) {
                if (model.isEmpty() || random.nextInt(5) < 3) {
                    Handshake owner = new Handshake(pair.aliceToBob, table);
                    int index = table.allot(owner);
                    assertThat(model.put(index, owner)).isNull();
                    drawn.add(index);
                } else {
                    int index = drawn.remove(/* index */ random.nextInt(drawn.size()));
                    table.remove(index);
                    model.remove(index);
                }
                assertThat(table.size()).isEqualTo(model.size());
                int probe = drawn.isEmpty() ? 0 : drawn.get(random.nextInt(drawn.size()));
                assertThat(table.find(probe)).isSameAs(model.get(probe));
            }
            model.forEach((index, owner) -> assertThat(table.find(index)).isSameAs(owner));
            drawn.forEach(table::remove);
            assertThat(table.size()).isZero();
        }
    }

    @Test
    void drawsAgainWhenAnIndexIsTaken() {
        ScriptedEntropy entropy = new ScriptedEntropy();
        entropy.then(new byte[] {1, 2, 3, 4}).then(new byte[] {1, 2, 3, 4});
        entropy.then(new byte[] {0, 0, 0, 0});
        IndexTable table = new IndexTable(entropy);
        assertThat(table.allot(pair.aliceToBob.handshake)).isEqualTo(0x04030201);
        assertThat(table.allot(pair.aliceToBob.handshake)).isZero();
    }

    @Test
    void handsAnIndexOnInPlace() {
        IndexTable table = new IndexTable(new SeededEntropy(1));
        int index = table.allot(pair.aliceToBob.handshake);
        table.replace(index, pair.bobToAlice.handshake);
        assertThat(table.find(index)).isSameAs(pair.bobToAlice.handshake);
        assertThat(table.size()).isOne();
        assertThatThrownBy(() -> table.replace(index + 1, pair.bobToAlice.handshake))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void looksUniform() {
        IndexTable table = new IndexTable(new SeededEntropy(7));
        int[] ones = new int[Integer.SIZE];
        for (int i = 0; i < 10_000; i++) {
            int index = table.allot(pair.aliceToBob.handshake);
            for (int bit = 0; bit < Integer.SIZE; bit++) {
                ones[bit] += (index >>> bit) & 1;
            }
        }
        for (int count : ones) {
            assertThat(count).isBetween(4_700, 5_300);
        }
    }
}
