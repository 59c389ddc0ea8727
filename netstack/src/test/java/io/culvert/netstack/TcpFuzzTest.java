package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Segments that nobody sane sends, near and far from what a connection expects: nothing throws. */
class TcpFuzzTest {
    private static final String[] FLAGS = {
        "A", "PA", "FA", "S", "SA", "R", "RA", "F", "", "SF", "SR", "SFRPAU", "UA", "FPA"
    };

    /** Numbers around those that matter. */
    private static int near(Random r, int base) {
        return switch (r.nextInt(6)) {
            case 0 -> base;
            case 1 -> base + r.nextInt(5) - 2;
            case 2 -> base + r.nextInt(3000) - 1000;
            case 3 -> base + r.nextInt(200_000) - 100_000;
            case 4 -> base + (1 << 31) + r.nextInt(5) - 2;
            default -> r.nextInt();
        };
    }

    private static Seg random(TcpScript t, Random r, int seq, int ack) {
        Seg s = Seg.of(FLAGS[r.nextInt(3) == 0 ? r.nextInt(FLAGS.length) : r.nextInt(3)]);
        s.seq = near(r, seq);
        s.ack = near(r, ack);
        s.window = r.nextInt(3) == 0 ? r.nextInt(0x10000) : 0xffff;
        s.data = new byte[r.nextInt(4) == 0 ? r.nextInt(1400) : 0];
        if (r.nextInt(4) == 0) {
            s.ts(near(r, t.now()), near(r, t.lastTimestamp));
        } else if (r.nextInt(8) == 0) {
            s.noTs();
        }
        for (int i = r.nextInt(4); i > 0 && r.nextBoolean(); i--) {
            int from = near(r, ack);
            s.sack(from, near(r, from));
        }
        if (r.nextInt(10) == 0 && s.sack.isEmpty()) {
            byte[] rubbish = new byte[r.nextInt(5) * 4];
            r.nextBytes(rubbish);
            s.rawOptions = rubbish;
            s.noTs();
        }
        return s;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void survivesRandomSegments(int group) {
        for (int seed = group * 40; seed < (group + 1) * 40; seed++) {
            Random r = new Random(seed);
            TcpScript t = new TcpScript();
            TcpInvariants invariants = new TcpInvariants(t.host.stack);
            try {
                play(t, r, invariants);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
            t.close();
        }
    }

    private static void play(TcpScript t, Random r, TcpInvariants invariants) {
        if (r.nextInt(5) == 0) {
            t.connect();
        } else {
            t.established(r.nextBoolean() ? t.syn() : Seg.of("S").mss(1400));
        }
        for (int i = 0; i < 300; i++) {
            TcpConnection c = t.connection();
            int seq = 1;
            int ack = 1;
            if (c.state().isSynchronized()) {
                seq = (int) c.receiver().next() - TcpScript.PEER_ISN;
                ack = (int) (r.nextBoolean() ? c.sender().una : c.sender().next) - t.isn;
            }
            switch (r.nextInt(12)) {
                case 0 -> {
                    if (!c.sender().finWanted() && c.sendSpace() > 0) {
                        t.write(r.nextInt(20_000));
                    }
                }
                case 1 -> t.advanceMillis(r.nextInt(2000));
                case 2 -> t.app.reading = r.nextBoolean();
                case 3 -> {
                    if (r.nextInt(30) == 0) {
                        c.shutdownOutput();
                    }
                }
                default -> t.send(random(t, r, seq, ack));
            }
            invariants.check();
            t.drain();
        }
    }

    @Test
    void survivesMutatedSegments() {
        Random r = new Random(7);
        long parsed = 0;
        for (int round = 0; round < 200; round++) {
            TcpScript t = new TcpScript();
            t.established();
            for (int i = 0; i < 50; i++) {
                byte[] packet =
                        PacketBuilder.packet(t.peer, t.own)
                                .tcp(
                                        t.peerPort,
                                        t.port,
                                        TcpScript.PEER_ISN + 1,
                                        t.isn + 1,
                                        16,
                                        1000,
                                        new byte[r.nextInt(11) * 4],
                                        new byte[r.nextInt(100)])
                                .build();
                for (int n = r.nextInt(4); n >= 0; n--) {
                    packet[20 + r.nextInt(packet.length - 20)] = (byte) r.nextInt();
                }
                fixChecksum(packet);
                t.host.input(packet);
                t.turn();
            }
            t.advanceMillis(1000);
            TcpCounters counters = t.host.stack.tcp.counters;
            assertThat(counters.checksumErrors).isZero();
            parsed += counters.segmentsReceived;
            t.close();
        }
        assertThat(parsed).as("segments that got past the header's checks").isGreaterThan(2000);
    }

    private static void fixChecksum(byte[] p) {
        p[36] = 0;
        p[37] = 0;
        byte[] all = new byte[12 + p.length - 20];
        System.arraycopy(p, 12, all, 0, 8);
        all[9] = 6;
        all[10] = (byte) ((p.length - 20) >> 8);
        all[11] = (byte) (p.length - 20);
        System.arraycopy(p, 20, all, 12, p.length - 20);
        int sum = PacketBuilder.naiveChecksum(all);
        p[36] = (byte) (sum >> 8);
        p[37] = (byte) sum;
    }

    @Test
    void survivesRandomBytes() {
        Random r = new Random(3);
        TcpScript t = new TcpScript();
        t.established();
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[r.nextInt(60)];
            r.nextBytes(bytes);
            t.host.input(PacketBuilder.packet(t.peer, t.own).payload(6, bytes));
        }
        t.turn();
        assertThat(t.host.stack.tcp.counters.headerErrors).isPositive();
        t.close();
    }
}
