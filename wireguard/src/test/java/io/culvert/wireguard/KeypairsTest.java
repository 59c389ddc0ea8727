package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every sequence of events on the three slots, held against a model of the rules. */
@Tag("A8")
class KeypairsTest {
    private static final int LENGTH = 7;
    private static final int EVENTS = 5;

    private final Pair pair = new Pair(1);

    @Test
    void everySequenceOfEventsLeavesTheSlotsOfTheModel() {
        int sequences = (int) Math.pow(EVENTS, LENGTH);
        for (int sequence = 0; sequence < sequences; sequence++) {
            run(sequence);
        }
    }

    private void run(int sequence) {
        IndexTable indices = new IndexTable(new SeededEntropy(sequence));
        Keypairs tested = new Keypairs(indices);
        Model model = new Model();
        int rest = sequence;
        for (int i = 0; i < LENGTH; i++, rest /= EVENTS) {
            switch (rest % EVENTS) {
                case 0 -> {
                    Keypair keypair = keypair(indices);
                    tested.addAsInitiator(keypair);
                    model.addAsInitiator(keypair);
                }
                case 1 -> {
                    Keypair keypair = keypair(indices);
                    tested.addAsResponder(keypair);
                    model.addAsResponder(keypair);
                }
                case 2 -> {
                    if (model.next != null) {
                        assertThat(tested.isNext(model.next)).isTrue();
                        tested.confirmNext();
                        model.confirm();
                    }
                }
                case 3 -> {
                    tested.stopSending();
                    model.stopSending();
                }
                default -> {
                    tested.clear();
                    model.clear();
                }
            }
            model.check(tested, indices);
        }
    }

    private Keypair keypair(IndexTable indices) {
        byte[] key = new byte[KeyText.KEY_LENGTH];
        int index = indices.allot(pair.aliceToBob.handshake);
        Keypair keypair = new Keypair(pair.aliceToBob, true, key, key, index, 0, 0);
        indices.replace(index, keypair);
        return keypair;
    }

    /** The rules as the protocol states them. */
    private static final class Model {
        @Nullable Keypair previous;
        @Nullable Keypair current;
        @Nullable Keypair next;

        void addAsInitiator(Keypair keypair) {
            previous = next != null ? next : current;
            next = null;
            current = keypair;
        }

        void addAsResponder(Keypair keypair) {
            next = keypair;
            previous = null;
        }

        void confirm() {
            previous = current;
            current = next;
            next = null;
        }

        void stopSending() {
            Stream.of(Stream.ofNullable(current), Stream.ofNullable(next))
                    .flatMap(keypairs -> keypairs)
                    .forEach(keypair -> keypair.sendingAllowed = false);
        }

        void clear() {
            previous = null;
            current = null;
            next = null;
        }

        void check(Keypairs tested, IndexTable indices) {
            assertThat(tested.current()).isSameAs(current);
            Keypair[] live =
                    Stream.of(
                                    Stream.ofNullable(previous),
                                    Stream.ofNullable(current),
                                    Stream.ofNullable(next))
                            .flatMap(keypairs -> keypairs)
                            .toArray(Keypair[]::new);
            assertThat(indices.size()).isEqualTo(live.length);
            assertThat(tested.isEmpty()).isEqualTo(live.length == 0);
            for (Keypair keypair : live) {
                assertThat(indices.find(keypair.localIndex)).isSameAs(keypair);
                assertThat(keypair.sending.isDestroyed()).isFalse();
                assertThat(keypair.receiving.isDestroyed()).isFalse();
            }
        }
    }

    @Tag("A8.4")
    @Test
    void aDroppedKeypairIsZeroedAndLosesItsIndex() {
        IndexTable indices = new IndexTable(new SeededEntropy(1));
        Keypairs keypairs = new Keypairs(indices);
        Keypair dropped = keypair(indices);
        keypairs.addAsResponder(dropped);
        keypairs.addAsResponder(keypair(indices));
        assertThat(dropped.sending.isDestroyed()).isTrue();
        assertThat(dropped.receiving.isDestroyed()).isTrue();
        assertThat(indices.find(dropped.localIndex)).isNull();
    }

    @Tag("A8.6")
    @Test
    void stoppedKeypairsStillReceive() {
        IndexTable indices = new IndexTable(new SeededEntropy(1));
        Keypairs keypairs = new Keypairs(indices);
        Keypair keypair = keypair(indices);
        keypairs.addAsInitiator(keypair);
        keypairs.stopSending();
        assertThat(keypair.maySend(1)).isFalse();
        assertThat(keypair.mayReceive(0, 1)).isTrue();
    }
}
