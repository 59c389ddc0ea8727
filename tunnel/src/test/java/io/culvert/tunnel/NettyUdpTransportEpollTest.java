package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class NettyUdpTransportEpollTest extends MarkedUdpTransportContract {
    @Override
    IoHandlerFactory handlerFactory() {
        return EpollIoHandler.newFactory();
    }

    @Override
    UdpTransport open(InetSocketAddress local, EventLoop loop, UdpCounters counters)
            throws IOException {
        return NettyUdpTransport.open(local, loop, counters, List.of());
    }

    @Test
    void doesNotOpenWhereAnOptionCannotBeSet() {
        SocketOption device = SocketOption.of("SO_BINDTODEVICE", 1, 25, "nosuch0");
        InetSocketAddress local = TunnelPair.address("127.0.0.1", 0);
        assertThatThrownBy(() ->
                        NettyUdpTransport.open(local, loop, new UdpCounters(), List.of(device)))
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("cannot set SO_BINDTODEVICE: ")
                .hasMessageContaining("No such device");
    }

    @Override
    List<Integer> marksOf(UdpTransport transport) {
        return List.of(
                ((NettyUdpTransport) transport)
                        .channel()
                        .config()
                        .getOption(NettyUdpSockets.SO_MARK));
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
