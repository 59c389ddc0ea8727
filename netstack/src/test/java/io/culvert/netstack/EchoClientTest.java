package io.culvert.netstack;

import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.OWN6;
import static io.culvert.netstack.Host.SECOND;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our own pings: what is sent, what counts as the answer, and how waiting ends. */
class EchoClientTest {
    private static final String FAR4 = "9.9.9.9";
    private static final String FAR6 = "2001:db8::9";

    private final Host host = new Host();
    private final List<EchoResult> results = new ArrayList<>();

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    private PacketView ping(String to, byte[] data) {
        host.stack.ping(Host.address(to), data, host.now + 5 * SECOND, results::add);
        List<PacketView> out = host.turn();
        assertThat(out).hasSize(1);
        return out.getFirst();
    }

    private void pingUnsent(String to) {
        host.stack.ping(Host.address(to), new byte[8], host.now + 5 * SECOND, results::add);
        assertThat(results).as("handlers run in deliver() only").isEmpty();
        assertThat(host.turn()).isEmpty();
    }

    private static PacketBuilder reply(PacketView request) {
        String pinged = request.dst;
        return packet(pinged, request.src)
                .icmp(request.v6 ? 129 : 0, 0, request.i32(4), request.data());
    }

    private static PacketBuilder error(PacketView request, int type, int code, int rest) {
        return packet(request.v6 ? "2001:db8::1" : "8.8.8.8", request.src)
                .icmp(type, code, rest, request.bytes);
    }

    @ParameterizedTest
    @CsvSource({FAR4 + ", " + OWN4 + ", 8", FAR6 + ", " + OWN6 + ", 128"})
    void isARequestFromTheOwnAddressAndHearsItsReply(String far, String own, int type) {
        byte[] data = new byte[57];
        new Random(1).nextBytes(data);
        PacketView request = ping(far, data);
        assertThat(request.isIcmp(type, 0)).isTrue();
        assertThat(request.src).isEqualTo(Host.address(own).getHostAddress());
        assertThat(request.dst).isEqualTo(Host.address(far).getHostAddress());
        assertThat(request.data()).isEqualTo(data);
        host.input(reply(request));
        assertThat(results).isEmpty();
        assertThat(host.turn()).isEmpty();
        assertThat(results).containsExactly(EchoResult.REPLIED);
        host.input(reply(request)).turn();
        host.advance(10 * SECOND);
        assertThat(results).as("the first answer counts").containsExactly(EchoResult.REPLIED);
    }

    @Test
    void repliesMayComeInAnyOrder() {
        List<String> answered = new ArrayList<>();
        List<PacketView> requests = new ArrayList<>();
        for (String to : List.of(FAR4, "9.9.9.8", FAR4)) {
            String name = to + " " + requests.size();
            host.stack.ping(
                    Host.address(to),
                    new byte[4],
                    host.now + SECOND,
                    result -> answered.add(name + " " + result));
            requests.addAll(host.turn());
        }
        host.input(reply(requests.get(2))).turn();
        host.input(reply(requests.get(0))).turn();
        host.advance(2 * SECOND);
        assertThat(answered)
                .containsExactly(FAR4 + " 2 REPLIED", FAR4 + " 0 REPLIED", "9.9.9.8 1 TIMED_OUT");
    }

    @Test
    void stopsWaitingAtTheDeadlineExactly() {
        PacketView request = ping(FAR4, new byte[8]);
        host.advance(5 * SECOND - 1);
        assertThat(results).isEmpty();
        host.advance(1);
        assertThat(results).containsExactly(EchoResult.TIMED_OUT);
        host.input(reply(request)).turn();
        assertThat(results).hasSize(1);
    }

    @Test
    void takesNothingElseForItsReply() {
        PacketView request = ping(FAR4, new byte[8]);
        int rest = request.i32(4);
        host.input(packet("9.9.9.8", OWN4).icmp(0, 0, rest, new byte[8]));
        host.input(packet(FAR4, OWN4).icmp(0, 0, rest ^ 1, new byte[8]));
        host.input(packet(FAR4, OWN4).icmp(0, 0, rest ^ 1 << 13, new byte[8]));
        host.input(packet(FAR4, OWN4).icmp(0, 0, rest ^ 1 << 16, new byte[8]));
        host.input(packet(FAR4, OWN4).icmp(0, 0, rest, new byte[9]));
        host.input(packet(FAR4, OWN4).icmp(8, 0, rest, new byte[8]));
        host.turn();
        assertThat(results).isEmpty();
        assertThat(host.stack.counters().icmpInIgnored).isEqualTo(5);
        host.input(reply(request)).turn();
        assertThat(results).containsExactly(EchoResult.REPLIED);
    }

    @ParameterizedTest
    @CsvSource({
        "9.9.9.9, 3, 0, NET_UNREACHABLE",
        "9.9.9.9, 3, 1, HOST_UNREACHABLE",
        "9.9.9.9, 3, 2, HOST_UNREACHABLE",
        "9.9.9.9, 3, 13, PROHIBITED",
        "2001:db8::9, 1, 0, NET_UNREACHABLE",
        "2001:db8::9, 1, 1, PROHIBITED",
        "2001:db8::9, 1, 3, HOST_UNREACHABLE"
    })
    void hearsThatTheHostCannotBeReached(String far, int type, int code, EchoResult result) {
        PacketView request = ping(far, new byte[8]);
        host.input(error(request, type, code, 0)).turn();
        assertThat(results).containsExactly(result);
    }

    @Test
    void hintsAndErrorsAboutOthersEndNothing() {
        PacketView request = ping(FAR4, new byte[8]);
        host.input(error(request, 11, 0, 0)); // time exceeded
        host.input(error(request, 12, 0, 0)); // parameter problem
        byte[] quoted = request.bytes.clone();
        quoted[20] = 0; // an echo reply, which we didn't send
        host.input(packet("8.8.8.8", OWN4).icmp(3, 1, 0, quoted));
        quoted[20] = 8;
        quoted[27] ^= 1; // of another number
        host.input(packet("8.8.8.8", OWN4).icmp(3, 1, 0, quoted));
        quoted[27] ^= 1;
        quoted[19] ^= 1; // to another host
        host.input(packet("8.8.8.8", OWN4).icmp(3, 1, 0, quoted));
        host.turn();
        assertThat(results).isEmpty();
        assertThat(host.stack.counters().icmpInUnmatched).isEqualTo(3);
    }

    @Test
    void learnsThePathsMtuForTheNext() {
        PacketView request = ping(FAR4, new byte[1300]);
        host.input(error(request, 3, 4, 1328)).turn(); // no smaller than what we sent
        assertThat(host.stack.counters().icmpInUnmatched).isOne();
        host.input(error(request, 3, 4, 1000)).turn();
        assertThat(results).isEmpty();
        host.stack.ping(Host.address(FAR4), new byte[1300], host.now + 5 * SECOND, results::add);
        List<PacketView> out = host.turn();
        assertThat(out).hasSize(2).allMatch(PacketView::isFragment);
        assertThat(out.getFirst().bytes.length).isLessThanOrEqualTo(1000);
        host.advance(5 * SECOND);
        assertThat(results).containsExactly(EchoResult.TIMED_OUT, EchoResult.TIMED_OUT);
    }

    @Test
    void aLargePingLeavesInFragmentsAndItsReplyIsPutTogether() {
        byte[] data = new byte[EchoClient.MAX_PAYLOAD];
        new Random(2).nextBytes(data);
        host.stack.ping(Host.address(FAR4), data, host.now + SECOND, results::add);
        List<PacketView> out = host.turn();
        byte[] whole = new byte[data.length + 8];
        for (PacketView p : out) {
            System.arraycopy(p.payload, 0, whole, p.fragmentOffset, p.payload.length);
        }
        assertThat(Arrays.copyOfRange(whole, 8, whole.length)).isEqualTo(data);
        assertThat(PacketBuilder.naiveChecksum(whole)).isZero();
        int rest = new PacketView(packet(OWN4, FAR4).payload(99, whole).build()).i32(4);
        packet(FAR4, OWN4).icmp(0, 0, rest, data).fragments(1400).forEach(host::input);
        host.turn();
        assertThat(results).containsExactly(EchoResult.REPLIED);
        assertThatThrownBy(() ->
                        host.stack.ping(
                                Host.address(FAR4),
                                new byte[EchoClient.MAX_PAYLOAD + 1],
                                0,
                                results::add))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("65508");
    }

    @Test
    void asManyWaitAsThereArePlaces() {
        for (int i = 0; i < EchoClient.PLACES; i++) {
            ping(FAR4, new byte[0]);
        }
        pingUnsent(FAR4);
        assertThat(results).containsExactly(EchoResult.NOT_SENT);
        assertThat(host.stack.echo.live()).isEqualTo(EchoClient.PLACES);
        host.advance(5 * SECOND);
        assertThat(results).hasSize(EchoClient.PLACES + 1);
        ping(FAR4, new byte[0]);
        assertThat(host.stack.echo.live()).isOne();
    }

    @Test
    void theQueueIsBoundedInBytes() {
        for (int i = 0; i < 10; i++) {
            host.stack.ping(Host.address(FAR4), new byte[60_000], host.now + SECOND, results::add);
        }
        host.stack.deliver();
        assertThat(results).hasSize(6).containsOnly(EchoResult.NOT_SENT);
        host.pull();
    }

    @Test
    void whatCannotBeSentIsTold() {
        pingUnsent("224.0.0.1");
        assertThat(results).containsExactly(EchoResult.NET_UNREACHABLE);
        results.clear();
        Host v4Only = new Host(b -> b.addresses(List.of(Host.address(OWN4))));
        v4Only.stack.ping(Host.address(FAR6), new byte[8], v4Only.now + SECOND, results::add);
        assertThat(v4Only.turn()).isEmpty();
        assertThat(results).containsExactly(EchoResult.NET_UNREACHABLE);
        v4Only.close();
    }

    @Test
    void theEndOfTheStackEndsWaiting() {
        ping(FAR4, new byte[8]);
        host.stack.close();
        host.stack.deliver();
        assertThat(results).containsExactly(EchoResult.NOT_SENT);
        results.clear();
        pingUnsent(FAR4);
        assertThat(results).containsExactly(EchoResult.NOT_SENT);
    }

    @Test
    void hostsAreToldApartByTheIdentifier() {
        PacketView one = ping(FAR4, new byte[8]);
        PacketView again = ping(FAR4, new byte[8]);
        PacketView other = ping("9.9.9.8", new byte[8]);
        assertThat(again.u16(4)).isEqualTo(one.u16(4));
        assertThat(again.u16(6)).isEqualTo(one.u16(6) + 1 & 0xffff);
        assertThat(other.u16(4)).isNotEqualTo(one.u16(4));
    }
}
