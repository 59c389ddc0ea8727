package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class NettyUdpTransportNioTest extends UdpTransportContract {
    @Override
    IoHandlerFactory handlerFactory() {
        return NioIoHandler.newFactory();
    }

    @Override
    UdpTransport open(InetSocketAddress local, EventLoop loop, UdpCounters counters)
            throws IOException {
        return NettyUdpTransport.open(local, loop, counters, List.of());
    }

    @Test
    void refusesMarksAndTakesTheirAbsence() throws Exception {
        UdpTransport transport = bind("127.0.0.1");
        assertThatThrownBy(() ->
                        onLoop(() -> {
                            transport.fwmark(7);
                            return null;
                        }))
                .hasRootCauseMessage("a firewall mark needs Linux's own sockets");
        onLoop(() -> {
            transport.fwmark(0);
            return null;
        });
        assertThat((int) onLoop(transport::fwmark)).isZero();
    }

    @Override
    void clog(UdpTransport transport) throws Exception {
        Channel channel = ((NettyUdpTransport) transport).channel();
        InetSocketAddress discard = transport.local();
        onLoop(() -> {
            while (channel.isWritable()) {
                var _ =
                        channel.write(
                                new DatagramPacket(
                                        Unpooled.directBuffer(9000).writeZero(9000), discard));
            }
            return null;
        });
    }

    @Override
    void unclog(UdpTransport transport) {
        ((NettyUdpTransport) transport).channel().flush();
    }
}
