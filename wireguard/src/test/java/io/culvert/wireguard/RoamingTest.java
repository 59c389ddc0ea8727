package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The endpoint follows authentic packets and nothing else. */
@Tag("A11")
class RoamingTest {
    private static final InetSocketAddress ELSEWHERE = new InetSocketAddress("203.0.113.5", 999);
    private static final InetSocketAddress IPV6 = new InetSocketAddress("2001:db8::5", 998);

    private final Pair pair = Pair.connected(1);

    @Test
    void dataMovesTheEndpoint() {
        pair.alice.address = ELSEWHERE;
        pair.send(pair.alice, Pair.fromAlice(100));
        assertThat(pair.bobToAlice.endpoint()).isEqualTo(ELSEWHERE);
        assertThat(pair.bob.events())
                .containsExactly(
                        new DeviceEvent.EndpointChanged(
                                pair.bobToAlice,
                                new InetSocketAddress("192.0.2.1", 51820),
                                ELSEWHERE));
        pair.alice.address = IPV6;
        pair.send(pair.alice, Pair.fromAlice(100));
        assertThat(pair.bob.seal(Pair.fromBob(100), pair.now).destination).isEqualTo(IPV6);
    }

    @Test
    void aKeepaliveMovesTheEndpoint() {
        pair.alice.address = ELSEWHERE;
        pair.aliceToBob.queueKeepalive(pair.now);
        pair.exchange();
        assertThat(pair.bobToAlice.endpoint()).isEqualTo(ELSEWHERE);
    }

    @Test
    void anInitiationMovesTheEndpointBeforeTheResponseLeaves() {
        pair.jump(10 * SECOND);
        pair.alice.address = ELSEWHERE;
        pair.aliceToBob.initiate(pair.now);
        pair.carry(pair.alice.poll(pair.now).getFirst());
        assertThat(pair.bob.poll(pair.now).getFirst().destination).isEqualTo(ELSEWHERE);
    }

    @Test
    void aResponseMovesTheEndpoint() {
        pair.jump(10 * SECOND);
        pair.aliceToBob.initiate(pair.now);
        pair.carry(pair.alice.poll(pair.now).getFirst());
        pair.bob.address = ELSEWHERE;
        pair.carry(moved(pair.bob.poll(pair.now).getFirst()));
        assertThat(pair.aliceToBob.endpoint()).isEqualTo(ELSEWHERE);
        assertThat(pair.alice.poll(pair.now).getFirst().destination).isEqualTo(ELSEWHERE);
    }

    @Test
    void theConfirmingPacketMovesTheEndpointBeforeStagedPacketsLeave() {
        pair.jump(200 * SECOND);
        pair.link = datagram -> !datagram.isKeepalive();
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.bob.sealTo(Pair.fromBob(100), pair.now)).isEqualTo(Device.STAGED);
        pair.alice.address = ELSEWHERE;
        pair.carry(moved(pair.alice.seal(Pair.fromAlice(100), pair.now)));
        assertThat(pair.bob.poll(pair.now).getFirst().destination).isEqualTo(ELSEWHERE);
    }

    @Test
    void theLastPacketOfABatchDecides() {
        List<Datagram> all =
                List.of(
                        pair.alice.seal(Pair.fromAlice(100), pair.now),
                        pair.alice.seal(Pair.fromAlice(100), pair.now));
        pair.bob.receive(all.get(0).bytes, ELSEWHERE, pair.now);
        pair.bob.receive(all.get(1).bytes, IPV6, pair.now);
        pair.bob.device.endBatch(pair.now);
        assertThat(pair.bobToAlice.endpoint()).isEqualTo(IPV6);
        assertThat(pair.bob.events()).hasSize(1);
    }

    @Test
    void whatIsSentBeforeTheBatchEndsGoesToTheNewEndpointToo() {
        Datagram data = pair.alice.seal(Pair.fromAlice(100), pair.now);
        pair.bob.receive(data.bytes, ELSEWHERE, pair.now);
        assertThat(pair.bob.seal(Pair.fromBob(100), pair.now).destination).isEqualTo(ELSEWHERE);
        Datagram more = pair.alice.seal(Pair.fromAlice(100), pair.now);
        pair.bobToAlice.queueKeepalive(pair.now);
        pair.bob.receive(more.bytes, IPV6, pair.now);
        assertThat(pair.bob.poll(pair.now).getFirst().destination).isEqualTo(IPV6);
    }

    @Test
    void replaysAndForgeriesMoveNothing() {
        Datagram data = pair.alice.seal(Pair.fromAlice(100), pair.now);
        pair.carry(data);
        pair.bob.receive(data.bytes, ELSEWHERE, pair.now);
        byte[] forged = pair.alice.seal(Pair.fromAlice(100), pair.now).bytes;
        forged[20] ^= 1;
        pair.bob.receive(forged, ELSEWHERE, pair.now);
        pair.bob.device.endBatch(pair.now);
        assertThat(pair.bobToAlice.endpoint()).isEqualTo(pair.alice.address);
        assertThat(pair.bob.device.counters().dropped(Drop.REPLAYED)).isOne();
        assertThat(pair.bob.device.counters().dropped(Drop.NOT_AUTHENTIC)).isOne();
    }

    @Tag("A11.2")
    @Test
    void theSameAddressAtAnotherPlaceOfOursIsTakenWithoutAnEvent() {
        InetSocketAddress before = pair.bobToAlice.endpoint();
        InetSocketAddress again = new InetSocketAddress("192.0.2.1", 51820);
        pair.alice.address = again;
        pair.send(pair.alice, Pair.fromAlice(100));
        assertThat(again).isEqualTo(before).isNotSameAs(before);
        assertThat(pair.bobToAlice.endpoint()).isSameAs(again);
        assertThat(pair.bob.seal(Pair.fromBob(100), pair.now).destination).isSameAs(again);
        assertThat(pair.bob.events()).isEmpty();
    }

    @Tag("A11.3")
    @Test
    void aRetryForgetsFromWhichAddressOfOursItWasTried() {
        pair.link = datagram -> false;
        pair.jump(10 * SECOND);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.alice.events()).isEmpty();
        pair.advance(6 * SECOND);
        assertThat(pair.alice.events())
                .containsExactly(new DeviceEvent.SourceAddressStale(pair.aliceToBob));
        assertThat(pair.aliceToBob.endpoint()).isEqualTo(pair.bob.address);
    }

    @Tag("A11.4")
    @Test
    void aConfiguredEndpointReplacesTheRoamedOneAtOnce() {
        Datagram data = pair.alice.seal(Pair.fromAlice(100), pair.now);
        pair.bob.receive(data.bytes, ELSEWHERE, pair.now);
        pair.bobToAlice.endpoint(IPV6);
        pair.bob.device.endBatch(pair.now);
        assertThat(pair.bob.seal(Pair.fromBob(100), pair.now).destination).isEqualTo(IPV6);
    }

    @Tag("A11.6")
    @Test
    void aMappedAddressIsAnIpv4Address() throws UnknownHostException {
        byte[] mapped = new byte[16];
        mapped[10] = (byte) 0xff;
        mapped[11] = (byte) 0xff;
        System.arraycopy(new byte[] {(byte) 192, 0, 2, 7}, 0, mapped, 12, 4);
        InetAddress ipv6 = Inet6Address.getByAddress(null, mapped, -1);
        assertThat(ipv6).isInstanceOf(Inet6Address.class);
        pair.aliceToBob.endpoint(new InetSocketAddress(ipv6, 77));
        assertThat(pair.aliceToBob.endpoint()).isEqualTo(new InetSocketAddress("192.0.2.7", 77));
    }

    @Tag("A11.5")
    @Test
    void theScopeOfALinkLocalAddressStays() throws UnknownHostException {
        byte[] linkLocal = InetAddress.ofLiteral("fe80::7").getAddress();
        InetSocketAddress scoped =
                new InetSocketAddress(Inet6Address.getByAddress(null, linkLocal, 3), 77);
        pair.aliceToBob.endpoint(scoped);
        assertThat(pair.alice.seal(Pair.fromAlice(100), pair.now).destination).isSameAs(scoped);
    }

    @Test
    void anUnresolvedEndpointIsRefused() {
        assertThatThrownBy(() ->
                        pair.aliceToBob.endpoint(
                                InetSocketAddress.createUnresolved("example.org", 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("example.org");
    }

    @Tag("A10.1")
    @Test
    void withoutAnEndpointPacketsAreRefusedAndNothingIsStaged() {
        pair.aliceToBob.endpoint(null);
        assertThat(pair.alice.sealTo(Pair.fromAlice(100), pair.now)).isEqualTo(Device.NO_ENDPOINT);
        assertThat(pair.aliceToBob.staged.isEmpty()).isTrue();
        assertThat(pair.alice.device.counters().dropped(Drop.NO_ENDPOINT)).isOne();
    }

    @Test
    void whatWaitedForAnEndpointLeavesWhenItIsKnown() {
        Pair fresh = new Pair(2);
        fresh.aliceToBob.endpoint(null);
        fresh.aliceToBob.persistentKeepalive(25, fresh.now);
        fresh.exchange();
        fresh.advance(12 * SECOND);
        assertThat(fresh.log).isEmpty();
        fresh.aliceToBob.endpoint(fresh.bob.address);
        fresh.exchange();
        assertThat(fresh.log).extracting(Datagram::type).containsExactly(1, 2, 4);
    }

    /** The same message as if sent from where its host is now. */
    private static Datagram moved(Datagram datagram) {
        return new Datagram(datagram.from, datagram.destination, datagram.bytes, datagram.at);
    }
}
