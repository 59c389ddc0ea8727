package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.MS;
import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two devices live for a virtual hour, in 200 runs, on a link that loses, delays, reorders,
 * duplicates and damages, while keys, addresses and states change. What holds in every run: nothing
 * is accepted twice or altered, no counter is used twice under a key, initiations keep their
 * distance, deadlines lie ahead, and once the link heals both sides talk again within a time that
 * the timers give.
 */
class LongLifeTest {
    private static final long LIFE = 3600 * SECOND;
    private static final long HEALING = 30 * SECOND;
    private static final int BLOCK = 25;
    private static final int BLOCKS = 8;

    static LongStream blocks() {
        return LongStream.range(0, BLOCKS);
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void livesThroughABadLinkAndRecovers(long block) {
        for (long seed = block * BLOCK; seed < (block + 1) * BLOCK; seed++) {
            new Life(seed).run();
        }
    }

    private static final class Flight {
        final long arrival;
        final long order;
        final Datagram datagram;
        final byte[] bytes;

        Flight(long arrival, long order, Datagram datagram, byte[] bytes) {
            this.arrival = arrival;
            this.order = order;
            this.datagram = datagram;
            this.bytes = bytes;
        }
    }

    private static final class Life {
        final long seed;
        final Pair pair;
        final SplittableRandom random;
        final PriorityQueue<Flight> air =
                new PriorityQueue<>((a, b) ->
                        a.arrival != b.arrival
                                ? Long.compare(a.arrival, b.arrival)
                                : Long.compare(a.order, b.order));
        final Map<Host, Long> lastInitiation = new HashMap<>();
        final Map<Host, Set<String>> counters = new HashMap<>();
        final Set<Integer> outstanding = new HashSet<>();
        final double loss;
        final long end;
        long flights;
        int serial;
        boolean healthy;

        Life(long seed) {
            this.seed = seed;
            pair = new Pair(seed);
            random = new SplittableRandom(seed);
            loss = random.nextDouble() * 0.6;
            end = pair.now + LIFE;
            pair.bobToAlice.endpoint(random.nextBoolean() ? pair.alice.address : null);
            pair.aliceToBob.persistentKeepalive(random.nextInt(4) * 15, pair.now);
            for (Host host : List.of(pair.alice, pair.bob)) {
                counters.put(host, new HashSet<>());
            }
            turn();
        }

        void run() {
            while (pair.now < end) {
                step(Math.min(end, pair.now + random.nextLong(1, 60 * SECOND)));
                act();
            }
            healthy = true;
            for (Host host : List.of(pair.alice, pair.bob)) {
                host.device.up(pair.now);
            }
            pair.aliceToBob.endpoint(pair.bob.address);
            long healed = pair.now;
            while (pair.now < healed + HEALING) {
                send(pair.alice);
                send(pair.bob);
                step(pair.now + SECOND);
            }
            int before = pair.alice.received.size();
            int beforeBob = pair.bob.received.size();
            send(pair.alice);
            send(pair.bob);
            step(pair.now + SECOND);
            assertThat(pair.alice.received).as("seed %d", seed).hasSizeGreaterThan(before);
            assertThat(pair.bob.received).as("seed %d", seed).hasSizeGreaterThan(beforeBob);
            silence();
        }

        /** In the end nothing is left: no session, no index, no timer. */
        private void silence() {
            pair.aliceToBob.persistentKeepalive(0, pair.now);
            step(pair.now + 700 * SECOND);
            assertThat(air).as("seed %d", seed).isEmpty();
            assertThat(pair.alice.device.indices.size()).as("seed %d", seed).isZero();
            assertThat(pair.bob.device.indices.size()).as("seed %d", seed).isZero();
            assertThat(pair.nextDeadline()).as("seed %d", seed).isEqualTo(Constants.NEVER);
        }

        private void act() {
            Host host = random.nextBoolean() ? pair.alice : pair.bob;
            switch (random.nextInt(30)) {
                case 0 -> pair.alice.address = moved(pair.alice.address);
                case 1 -> {
                    host.device.down(pair.now);
                    lastInitiation.remove(host);
                    host.device.up(pair.now);
                }
                case 2 -> host.device.wallClock(Pair.EPOCH + random.nextLong(-SECOND, SECOND));
                case 3 -> host.device.load(random.nextInt(2) * 1000, pair.now);
                case 4 -> peer(host).initiate(pair.now);
                case 5 -> pair.jump(random.nextLong(200 * SECOND)); // the driver slept
                case 6 -> rekeyWithPresharedKey();
                default -> {
                    for (int i = random.nextInt(40); i > 0; i--) {
                        send(random.nextInt(4) == 0 ? other(host) : host);
                    }
                }
            }
            turn();
        }

        private void rekeyWithPresharedKey() {
            PresharedKey key = PresharedKey.generate(new SeededEntropy(random.nextLong()));
            pair.aliceToBob.presharedKey(key);
            pair.bobToAlice.presharedKey(key);
        }

        private void send(Host host) {
            byte[] packet =
                    host == pair.alice
                            ? Pair.fromAlice(random.nextInt(40, 200))
                            : Pair.fromBob(random.nextInt(40, 200));
            Wire.intBe(packet, 24, serial);
            outstanding.add(serial++);
            Datagram datagram = host.trySeal(packet, pair.now);
            if (datagram != null) {
                launch(datagram);
            }
            turn();
        }

        /** Time passes: arrivals and timers, each at its instant. */
        private void step(long until) {
            while (true) {
                long arrival = air.isEmpty() ? Constants.NEVER : air.peek().arrival;
                long next = Math.min(arrival, pair.nextDeadline());
                if (next > until) {
                    break;
                }
                pair.now = Math.max(pair.now, next);
                while (!air.isEmpty() && air.peek().arrival <= pair.now) {
                    arrive(air.remove());
                }
                for (Host host : List.of(pair.alice, pair.bob)) {
                    host.device.handleTimers(pair.now);
                    assertThat(host.device.nextDeadline())
                            .as("seed %d", seed)
                            .isGreaterThan(pair.now);
                }
                turn();
            }
            pair.now = Math.max(pair.now, until);
        }

        private void arrive(Flight flight) {
            Host to = other(flight.datagram.from);
            byte[] packet = to.receive(flight.bytes, flight.datagram.source, pair.now);
            if (packet != null) {
                assertThat(outstanding.remove(Wire.intBe(packet, 24)))
                        .as("seed %d: accepted once", seed)
                        .isTrue();
            }
        }

        private void turn() {
            for (Host host : List.of(pair.alice, pair.bob)) {
                host.device.endBatch(pair.now);
                host.poll(pair.now).forEach(this::launch);
                host.device.nextDeadline();
            }
        }

        private void launch(Datagram datagram) {
            watch(datagram);
            if (healthy) {
                fly(datagram, datagram.bytes, 20 * MS);
                return;
            }
            for (int copies = random.nextInt(20) == 0 ? 2 : 1; copies > 0; copies--) {
                if (random.nextDouble() >= loss) {
                    byte[] bytes = datagram.bytes.clone();
                    if (random.nextInt(50) == 0) {
                        bytes[random.nextInt(bytes.length)] ^= (byte) random.nextInt(1, 256);
                    }
                    boolean late = random.nextInt(20) == 0;
                    fly(datagram, bytes, random.nextLong(1, late ? 30 * SECOND : 100 * MS));
                }
            }
        }

        private void fly(Datagram datagram, byte[] bytes, long delay) {
            air.add(new Flight(pair.now + delay, flights++, datagram, bytes));
        }

        private void watch(Datagram datagram) {
            Host from = datagram.from;
            if (datagram.isInitiation()) {
                Long last = lastInitiation.put(from, pair.now);
                assertThat(last == null || pair.now - last >= 5 * SECOND)
                        .as("seed %d: distance of initiations", seed)
                        .isTrue();
            }
            if (datagram.type() == TransportMessage.TYPE) {
                String counter =
                        Wire.intLe(datagram.bytes, TransportMessage.RECEIVER)
                                + ":"
                                + Wire.intLe(datagram.bytes, TransportMessage.COUNTER);
                assertThat(counters.getOrDefault(from, Set.of()).contains(counter))
                        .as("seed %d: counter used twice", seed)
                        .isFalse();
                counters.computeIfAbsent(from, host -> new HashSet<>()).add(counter);
            }
        }

        private Host other(Host host) {
            return host == pair.alice ? pair.bob : pair.alice;
        }

        private Peer peer(Host host) {
            return host == pair.alice ? pair.aliceToBob : pair.bobToAlice;
        }

        private InetSocketAddress moved(InetSocketAddress address) {
            return new InetSocketAddress(address.getAddress(), random.nextInt(1024, 65_536));
        }
    }
}
