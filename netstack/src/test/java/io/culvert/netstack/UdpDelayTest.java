package io.culvert.netstack;

import static io.culvert.netstack.Host.MILLI;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What stands in a UDP socket's send queue because the driver takes less than is sent. */
class UdpDelayTest {
    private static final InetSocketAddress PEER = Host.address(PEER4, 9);

    private final Host host = new Host();
    private final UdpSocket socket = host.stack.udp(false, 1000, new UdpLog());
    private final MemorySegment memory = Arena.ofAuto().allocate(2048);
    private int sent;

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    private void send(UdpSocket from, int number) {
        byte[] data = ByteBuffer.allocate(1000).putInt(number).array();
        from.send(PEER, Host.segment(data), 0, data.length);
    }

    private List<PacketView> pull(int most) {
        List<PacketView> out = new ArrayList<>();
        while (out.size() < most) {
            int n = host.stack.pull(memory, 0, 1420, host.now);
            if (n == 0) {
                break;
            }
            out.add(new PacketView(memory.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE)));
        }
        return out;
    }

    private static int number(PacketView p) {
        return ByteBuffer.wrap(p.data()).getInt();
    }

    /** Each millisecond so many are sent and so many taken, at most. */
    private List<PacketView> during(int millis, int sends, int takes) {
        List<PacketView> out = new ArrayList<>();
        for (int i = 0; i < millis; i++) {
            for (int j = 0; j < sends; j++) {
                send(socket, sent++);
            }
            host.stack.endBatch(host.now);
            out.addAll(pull(takes));
            host.now += MILLI;
        }
        return out;
    }

    @Test
    void theOldestOfAStandingQueueIsDroppedAndCounted() {
        List<PacketView> out = during(50, 2, 1);
        assertThat(out).as("a burst passes").hasSize(50);
        assertThat(host.stack.counters().udpOutLate).isZero();
        out.addAll(during(2000, 1, 1));
        long late = host.stack.counters().udpOutLate;
        assertThat(late).isBetween(40L, 50L);
        assertThat(host.stack.counters().udpSndbufErrors).isZero();
        for (int i = 1; i < out.size(); i++) {
            assertThat(number(out.get(i))).as("in order").isGreaterThan(number(out.get(i - 1)));
        }
        assertThat(sent - number(out.getLast())).as("little waits now").isLessThanOrEqualTo(7);
        assertThat(out.size() + late + (sent - number(out.getLast()) - 1)).isEqualTo(sent);
        during(1000, 1, 1);
        assertThat(host.stack.counters().udpOutLate).as("the queue is short").isEqualTo(late);
    }

    @Test
    void anotherSocketsDatagramsLeaveInTheirTurn() {
        UdpSocket other = host.stack.udp(false, 2000, new UdpLog());
        int fromOther = 0;
        for (int i = 0; i < 1000; i++) {
            send(socket, sent++);
            send(socket, sent++);
            if (i % 10 == 0) {
                send(other, i);
            }
            host.stack.endBatch(host.now);
            for (PacketView p : pull(2 - i % 2)) {
                fromOther += p.sourcePort() == 2000 ? 1 : 0;
            }
            host.now += MILLI;
        }
        assertThat(host.stack.counters().udpOutLate).isPositive();
        assertThat(fromOther).isBetween(99, 100);
    }

    /** The application's calls tell no time; the stack's own may be of long ago. */
    @Test
    void whatIsSentAfterALongSilenceDidNotWait() {
        for (int round = 0; round < 20; round++) {
            host.now += 10 * SECOND;
            for (int i = 0; i < 50; i++) {
                send(socket, sent++);
            }
            assertThat(pull(100)).hasSize(50);
        }
        assertThat(host.stack.counters().udpOutLate).isZero();
    }

    @Test
    void theLastOneLeavesHoweverLongTheDriverRested() {
        for (int round = 0; round < 10; round++) {
            send(socket, sent++);
            send(socket, sent++);
            host.stack.endBatch(host.now);
            host.now += SECOND;
            assertThat(pull(1)).isNotEmpty();
        }
        host.pull();
        assertThat(host.stack.counters().udpOutLate).isPositive();
    }
}
