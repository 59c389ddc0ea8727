package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("B3")
class UapiGetTest {
    private final UapiExchange exchange = new UapiExchange();

    private Peer peer(int fill) {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) fill);
        return exchange.device.addPeer(PublicKey.of(key));
    }

    @Test
    void anEmptyDeviceHasNothingToTell() {
        assertThat(exchange.get()).isEqualTo("errno=0\n\n");
    }

    @Test
    void orderAndFormatsAreThoseOfWireguardGo() throws Exception {
        byte[] secret = new byte[32];
        Arrays.fill(secret, (byte) 0xff);
        exchange.device.privateKey(PrivateKey.of(secret), 0);
        exchange.listenPort(51820);
        exchange.fwmark(0xfffffffe);
        Peer first = peer(0xab);
        first.presharedKey(PresharedKey.of(secret));
        first.endpoint(new InetSocketAddress("192.0.2.1", 7));
        first.persistentKeepalive(25, 0);
        first.allow(Cidr.parse("10.1.0.0/16"));
        first.allow(Cidr.parse("2001:db8:0:1::/64"));
        first.allow(Cidr.parse("0.0.0.0/0"));
        Peer second = peer(0x01);
        second.endpoint(new InetSocketAddress("2001:db8::1", 51820));

        assertThat(exchange.get())
                .isEqualTo(
                        """
                        private_key=f8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
                        listen_port=51820
                        fwmark=4294967294
                        public_key=abababababababababababababababababababababababababababababababab
                        preshared_key=ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
                        protocol_version=1
                        endpoint=192.0.2.1:7
                        last_handshake_time_sec=0
                        last_handshake_time_nsec=0
                        tx_bytes=0
                        rx_bytes=0
                        persistent_keepalive_interval=25
                        allowed_ip=10.1.0.0/16
                        allowed_ip=2001:db8:0:1::/64
                        allowed_ip=0.0.0.0/0
                        public_key=0101010101010101010101010101010101010101010101010101010101010101
                        preshared_key=0000000000000000000000000000000000000000000000000000000000000000
                        protocol_version=1
                        endpoint=[2001:db8::1]:51820
                        last_handshake_time_sec=0
                        last_handshake_time_nsec=0
                        tx_bytes=0
                        rx_bytes=0
                        persistent_keepalive_interval=0
                        errno=0

                        """);
    }

    @Test
    void whatWasSetIsReadBackAsItWas() {
        String settings =
                """
                private_key=a8dac1d8a70a751f0f699fb14ba1cff7b79cf4f60d39e18d9b2a6c0a8b1a9a6f
                listen_port=12345
                public_key=b85996fecc9c7f1fc6d2572a76eda11d59bcd20be8e543b15ce4bd85a8e75a33
                preshared_key=188515093e952f5f22e865cef3012e72f8b5f0b598ac0309d5dacce3b70fcf52
                endpoint=[abcd:23::33%1]:51820
                persistent_keepalive_interval=111
                allowed_ip=192.168.4.4/32
                """;
        assertThat(exchange.set(settings)).isEqualTo("errno=0\n\n");
        String first = exchange.get();

        UapiExchange copy = new UapiExchange();
        copy.set(
                first.substring(0, first.indexOf("errno"))
                        .replaceAll("(?m)^(last_handshake|tx_|rx_).*\n", ""));

        assertThat(copy.get()).isEqualTo(first);
        assertThat(first).contains(settings.lines().filter(l -> !l.startsWith("end")).toList());
        assertThat(first).containsPattern("endpoint=\\[abcd:23::33%(1|lo)]:51820\n");
    }

    @Test
    void aLongReplyComesInPiecesAndSkipsPeersRemovedMeanwhile() {
        IntStream.range(0, 100).forEach(this::peer);
        UapiGet get = new UapiGet(exchange.device, exchange);
        ByteBuf out = Unpooled.buffer();

        assertThat(get.write(out, 1000)).isFalse();
        assertThat(out.readableBytes()).isBetween(1000, 2000);
        exchange.device.peers().stream().skip(50).forEach(exchange.device::removePeer);
        while (!get.write(out, 1000)) {
            assertThat(out.readableBytes()).isLessThan(100_000);
        }

        assertThat(out.toString(java.nio.charset.StandardCharsets.US_ASCII).lines())
                .filteredOn(line -> line.startsWith("public_key"))
                .hasSize(50);
    }
}
