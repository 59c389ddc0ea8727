package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Tag("HEAL")
@EnabledOnOs(OS.LINUX)
class ClockWatchTest {
    @Test
    void theLoopHearsOfTheTimerAndTheTimerCloses() throws Exception {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try {
            IoEventLoop loop = (IoEventLoop) group.next();
            assumeTrue(UdpTransportChoice.reasonAgainstLinux(loop) == null);
            CountDownLatch heard = new CountDownLatch(1);
            // An instant long past: the test cannot set the clock, which would fire it as well.
            ClockWatch watch = loop.submit(() -> ClockWatch.start(loop, heard::countDown, 1)).get();
            assertThat(watch).isNotNull();
            assertThat(heard.await(30, TimeUnit.SECONDS)).isTrue();
            loop.submit(
                            () -> {
                                if (watch != null) {
                                    watch.close();
                                    watch.close();
                                }
                            })
                    .get();
            assertThat(watch.fd().isOpen()).isFalse();
        } finally {
            group.shutdownGracefully(10, 5000, TimeUnit.MILLISECONDS).await(30, TimeUnit.SECONDS);
        }
    }
}
