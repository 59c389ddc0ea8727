package io.culvert.tunnel;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The datagram-by-datagram path, which also resumes in the middle of a train. */
@EnabledOnOs(OS.LINUX)
class LinuxUdpTransportWithoutGsoTest extends UdpTransportContract {
    private final RefusingKernel kernel = new RefusingKernel();

    @Override
    IoHandlerFactory handlerFactory() {
        return EpollIoHandler.newFactory();
    }

    @Override
    UdpTransport open(InetSocketAddress local, EventLoop loop, UdpCounters counters)
            throws IOException {
        LinuxUdpTransport transport =
                LinuxUdpTransport.open(
                        local,
                        (IoEventLoop) loop,
                        counters,
                        LinuxUdpTransport.RECEIVE_SLAB,
                        kernel);
        transport.disableGso();
        return transport;
    }

    @Override
    void clog(UdpTransport transport) {
        kernel.refuse(LinuxConstants.EAGAIN, Integer.MAX_VALUE);
    }

    @Override
    void unclog(UdpTransport transport) {
        kernel.refuse(0, 0);
    }

    @Override
    void unclogQuietly(UdpTransport transport) throws Exception {
        unclog(transport);
    }
}
