package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.tunnel.Tunnel;
import io.culvert.tunnel.TunnelConfig;
import io.culvert.tunnel.TunnelException;
import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Pings of a tunnel's client: to a server that sends some of them on through a tunnel of its own,
 * at whose end 10.9.0.1 and fd09::1 are.
 */
@Timeout(120)
class PingTest {
    private static final String SERVER_SECRET = "EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=";
    private static final String SERVER_PUBLIC = "MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtBw=";
    private static final String CLIENT_SECRET = "CPQSpgxgdQRZa5SUbT3HLv+mmDVHLW5YR/rQlzum/2I=";
    private static final String CLIENT_PUBLIC = "osAMIyil18HeZXGGBDC9KpZoM+L2iGyXWVSYivuM9B0=";

    private final EventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private ProxyRig end;
    private ProxyRig server;
    private Tunnel client;

    private static String inbound(String address) {
        return "{'tag':'wg','protocol':'wireguard','listen':'127.0.0.1','port':0,'settings':{"
                + "'secretKey':'"
                + SERVER_SECRET
                + "','address':["
                + address
                + "],'peers':[{'publicKey':'"
                + CLIENT_PUBLIC
                + "','email':'love@example.com','allowedIPs':['10.0.0.2/32','fd00::2/128']}]}}";
    }

    @BeforeEach
    void open() throws Exception {
        end =
                ProxyRig.start(
                        "{'inbounds':["
                                + inbound("'10.9.0.1','fd09::1'")
                                + "],'outbounds':[{'protocol':'blackhole'}]}");
        server =
                ProxyRig.start(
                        "{'inbounds':["
                                + inbound("'10.8.0.1','fd08::1'")
                                + "],'outbounds':[{'protocol':'blackhole','tag':'hole'},"
                                + "{'protocol':'freedom','tag':'direct'},"
                                + "{'protocol':'freedom','tag':'here','settings':"
                                + "{'redirect':'127.0.0.1:0'}},"
                                + "{'protocol':'wireguard','tag':'tun','settings':{'secretKey':'"
                                + CLIENT_SECRET
                                + "','address':['10.0.0.2/32','fd00::2/128'],"
                                + "'peers':[{'publicKey':'"
                                + SERVER_PUBLIC
                                + "','endpoint':'127.0.0.1:"
                                + end.address("wg").getPort()
                                + "','allowedIPs':['10.9.0.0/16','fd09::/16']}]}}],"
                                + "'routing':{'rules':["
                                + "{'network':'tcp','outboundTag':'hole'},"
                                + "{'port':'0-1000','outboundTag':'hole'},"
                                + "{'ip':'10.9.0.0/16','user':'love@example.com',"
                                + "'outboundTag':'tun'},"
                                + "{'ip':['fd09::/16','10.7.0.0/16'],'outboundTag':'tun'},"
                                + "{'ip':'192.168.0.0/16','outboundTag':'direct'},"
                                + "{'ip':'192.0.2.0/24','outboundTag':'here'}]}}");
        client = client();
    }

    private Tunnel client() throws TunnelException {
        TunnelConfig config =
                TunnelConfig.builder()
                        .privateKey(PrivateKey.of(key(CLIENT_SECRET)))
                        .addresses(
                                List.of(
                                        InetAddress.ofLiteral("10.0.0.2"),
                                        InetAddress.ofLiteral("fd00::2")))
                        .peer(
                                new TunnelConfig.Peer(
                                        PublicKey.of(key(SERVER_PUBLIC)),
                                        null,
                                        new InetSocketAddress(
                                                InetAddress.ofLiteral("127.0.0.1"),
                                                server.address("wg").getPort()),
                                        List.of(Cidr.parse("0.0.0.0/0"), Cidr.parse("::/0")),
                                        0))
                        .build();
        return Tunnel.open(config, group.next());
    }

    private static byte[] key(String text) {
        return Base64.getDecoder().decode(text);
    }

    @AfterEach
    void close() {
        client.close().awaitUninterruptibly();
        server.close();
        end.close();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private Future<?> ping(String host, int patienceMillis) {
        return client.ping(
                        InetAddress.ofLiteral(host),
                        new byte[56],
                        Duration.ofMillis(patienceMillis))
                .awaitUninterruptibly();
    }

    private Future<?> ping(String host) {
        return ping(host, ProxyRig.PATIENCE_MILLIS);
    }

    @Test
    void goesOnThroughTheTunnelThatTheRulesName() {
        assertThat(ping("10.9.0.1").isSuccess()).isTrue();
        assertThat(ping("fd09::1").isSuccess()).isTrue();
    }

    @Test
    void theServersOwnAddressNeedsNoOutbound() {
        assertThat(ping("10.8.0.1").isSuccess()).isTrue();
    }

    @Test
    void anAddressThatNoPeerOfTheOutboundHasIsUnreachable() {
        assertThat(ping("10.7.0.1").cause()).isInstanceOf(NoRouteToHostException.class);
    }

    @Test
    void freedomKeepsClientsOutOfThePrivateNetwork() {
        assertThat(ping("192.168.1.1").cause()).hasMessageContaining("Permission denied");
    }

    /** Which freedom may not reach; without its name it would be nowhere, and silent. */
    @Test
    void anAddressThatStandsForANameReachesTheName() throws Exception {
        try (DnsServer names = new DnsServer()) {
            names.add("priv.test", "192.168.1.1");
            client.close().awaitUninterruptibly();
            server.close();
            server =
                    ProxyRig.start(
                            "{'inbounds':["
                                    + inbound("'10.8.0.1','fd08::1'")
                                            .replace(
                                                    "'settings'",
                                                    "'sniffing':{'enabled':true,'destOverride':"
                                                            + "['fakedns']},'settings'")
                                    + ",{'tag':'ask','protocol':'dokodemo-door',"
                                    + "'listen':'127.0.0.1','port':0,'settings':"
                                    + "{'address':'192.0.2.53','port':53,'network':'udp'}}],"
                                    + "'outbounds':[{'protocol':'freedom','settings':"
                                    + "{'domainStrategy':'UseIPv4'}},"
                                    + "{'protocol':'dns','tag':'dns'}],"
                                    + "'dns':{'servers':['fakedns','127.0.0.1:"
                                    + names.port()
                                    + "']},'routing':{'rules':["
                                    + "{'inboundTag':'ask','outboundTag':'dns'}]}}");
            client = client();
            assertThat(ping(FakeDnsTest.ask(server, "priv.test")).cause())
                    .hasMessageContaining("Permission denied");
        }
    }

    @Test
    void silenceWhereNothingIsCarried() {
        assertThat(ping("10.9.0.1").isSuccess()).isTrue(); // there is a session
        // To a blackhole; to an outbound that sends connections elsewhere.
        for (String host : List.of("8.8.8.8", "192.0.2.1")) {
            assertThat(ping(host, 300).cause()).isInstanceOf(SocketTimeoutException.class);
        }
    }
}
