package io.culvert.proxy;

import static io.culvert.proxy.SocksInboundTest.OPEN;
import static io.culvert.proxy.SocksInboundTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** UDP ASSOCIATE. */
@Timeout(60)
class SocksUdpTest {

    @Test
    void relaysDatagramsToAnAddressAndBack() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig = ProxyRig.start(OPEN);
                SocksAssociated association = new SocksAssociated(rig)) {
            association.send(0, "127.0.0.1", echo.port(), "ping");
            assertThat(association.receive("127.0.0.1", echo.port())).isEqualTo("ping");
        }
    }

    @Test
    void relaysDatagramsToAName() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig = ProxyRig.start(OPEN);
                SocksAssociated association = new SocksAssociated(rig)) {
            association.send(0, "localhost", echo.port(), "ping");
            assertThat(association.receive("127.0.0.1", echo.port())).isEqualTo("ping");
        }
    }

    @Test
    void relaysDatagramsOfEveryLength() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig = ProxyRig.start(OPEN);
                SocksAssociated association = new SocksAssociated(rig)) {
            for (int length : new int[] {1, 2048, 9000, 60000}) {
                String text = "x".repeat(length);
                association.send(0, "127.0.0.1", echo.port(), text);
                assertThat(association.receive("127.0.0.1", echo.port())).isEqualTo(text);
            }
        }
    }

    @Test
    void usesOnePortForAllDestinationsAndTakesAnswersFromAnybody() throws Exception {
        try (UdpEcho one = new UdpEcho();
                UdpEcho other = new UdpEcho();
                DatagramSocket stranger = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                ProxyRig rig = ProxyRig.start(OPEN);
                SocksAssociated association = new SocksAssociated(rig)) {
            association.send(0, "127.0.0.1", one.port(), "a");
            association.receive("127.0.0.1", one.port());
            association.send(0, "127.0.0.1", other.port(), "b");
            association.receive("127.0.0.1", other.port());
            assertThat(one.lastPeer().getPort()).isEqualTo(other.lastPeer().getPort());

            stranger.send(
                    new DatagramPacket(
                            bytes("psst"),
                            4,
                            InetAddress.getLoopbackAddress(),
                            one.lastPeer().getPort()));
            assertThat(association.receive("127.0.0.1", stranger.getLocalPort())).isEqualTo("psst");
        }
    }

    @Test
    void dropsFragmentsAndNonsense() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig = ProxyRig.start(OPEN);
                SocksAssociated association = new SocksAssociated(rig)) {
            association.send(1, "127.0.0.1", echo.port(), "fragment");
            association.socket.send(new DatagramPacket(new byte[3], 3, association.relay));
            association.send(0, "127.0.0.1", echo.port(), "whole");
            assertThat(association.receive("127.0.0.1", echo.port())).isEqualTo("whole");
        }
    }

    @Test
    void takesDatagramsFromTheFirstPortOnly() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                DatagramSocket intruder = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                ProxyRig rig = ProxyRig.start(OPEN);
                SocksAssociated association = new SocksAssociated(rig)) {
            association.send(0, "127.0.0.1", echo.port(), "one");
            association.receive("127.0.0.1", echo.port());
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(new byte[3]);
            out.writeBytes(SocksClient.address("127.0.0.1", echo.port()));
            out.writeBytes(bytes("evil"));
            intruder.send(new DatagramPacket(out.toByteArray(), out.size(), association.relay));
            association.send(0, "127.0.0.1", echo.port(), "two");
            assertThat(association.receive("127.0.0.1", echo.port())).isEqualTo("two");
        }
    }

    @Test
    void associationEndsWithItsConnection() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig = ProxyRig.start(OPEN)) {
            try (SocksAssociated association = new SocksAssociated(rig)) {
                association.send(0, "127.0.0.1", echo.port(), "one");
                association.receive("127.0.0.1", echo.port());
                assertThat(rig.snapshot("in").totals().active()).isEqualTo(1);
                association.control.shutdownOutput();
                assertThat(association.control.getInputStream().read()).isEqualTo(-1);
            }
            Await.until(() -> rig.snapshot("in").totals().active() == 0);
            Await.until(() -> rig.proxy().openChannels().isEmpty());
        }
    }
}
