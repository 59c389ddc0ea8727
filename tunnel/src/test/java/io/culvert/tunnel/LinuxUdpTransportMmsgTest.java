package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The level below: {@code sendmmsg} and {@code recvmmsg}. */
class LinuxUdpTransportMmsgTest extends LinuxUdpTransportTest {
    @Override
    UdpLevel level() {
        return UdpLevel.MMSG;
    }

    @Test
    void saysWhatItDoesInstead() throws Exception {
        assertThat(bind("127.0.0.1").description())
                .contains("GRO off: recvmmsg, GSO off: sendmmsg");
    }

    @Test
    void datagramsOfOneSizeArriveAsTrains() throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport receiver = bind("127.0.0.1");
        UdpTransport sender = bind("127.0.0.1");
        byte[] train = pattern(44 * 1452, 3);

        send(sender, train, 1452, at("127.0.0.1", receiver));
        onLoop(() -> {
            receiver.start(inbox);
            return null;
        });

        inbox.take(44);
        assertThat(inbox.sources).hasSize(1);
        assertThat(counters().sentTrains).isEqualTo(1);
        assertThat(counters().receivedTrains).isEqualTo(1);
    }

    @Test
    void datagramsOfAnySizesFromAnywhereArriveWholeAndInOrder() throws Exception {
        Random random = new Random(1);
        int[] sizes = {1, 32, 100, 1452, 1452, 1452, 1452, 1500, 2047, 2048, 2049, 9000, 65507};
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        Inbox inbox = new Inbox();
        UdpTransport receiver = bind("127.0.0.1");
        InetSocketAddress to = at("127.0.0.1", receiver);
        try (DatagramSocket one = new DatagramSocket(0, loopback);
                DatagramSocket other = new DatagramSocket(0, loopback)) {
            one.setSendBufferSize(1 << 20);
            other.setSendBufferSize(1 << 20);
            for (int round = 0; round < 40; round++) {
                int count = 1 + random.nextInt(30);
                byte[][] sent = new byte[count][];
                DatagramSocket from = one;
                int room = 100_000; // of a receive buffer that nobody made larger
                for (int i = 0; i < count; i++) {
                    if (random.nextInt(6) == 0) {
                        from = from.equals(one) ? other : one;
                    }
                    int size = sizes[random.nextInt(random.nextInt(sizes.length) + 1)];
                    size = Math.min(size, room / 2);
                    room -= size;
                    sent[i] = pattern(size, random.nextInt(256));
                    from.send(new DatagramPacket(sent[i], size, to));
                }
                if (round == 0) {
                    onLoop(() -> {
                        receiver.start(inbox);
                        return null;
                    });
                }
                assertThat(inbox.take(count)).containsExactly(sent);
            }
        }
    }
}
