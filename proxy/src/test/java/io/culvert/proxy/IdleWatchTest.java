package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IdleWatchTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final AtomicLong waiting = new AtomicLong();
    private final AtomicInteger fired = new AtomicInteger();
    private final IdleWatch watch =
            new IdleWatch(channel.eventLoop(), waiting::get, fired::incrementAndGet);

    @BeforeEach
    void freeze() {
        channel.freezeTime();
        watch.start(300);
    }

    private void pass(long seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
    }

    @Test
    void tellsOnceWhenNothingMovedForSoLong() {
        pass(299);
        assertThat(fired).hasValue(0);
        pass(1);
        assertThat(fired).hasValue(1);
        pass(1000);
        assertThat(fired).hasValue(1);
    }

    @Test
    void countsFromTheLastMove() {
        pass(200);
        watch.moved();
        pass(299);
        assertThat(fired).hasValue(0);
        pass(1);
        assertThat(fired).hasValue(1);
    }

    @Test
    void slowReaderIsNotIdle() {
        waiting.set(500_000);
        pass(300);
        waiting.set(400_000);
        pass(300);
        assertThat(fired).hasValue(0);
        pass(300);
        assertThat(fired).hasValue(1);
    }

    @Test
    void beginsAnewWithAnotherLimit() {
        pass(299);
        watch.start(10);
        pass(9);
        assertThat(fired).hasValue(0);
        pass(1);
        assertThat(fired).hasValue(1);
    }

    @Test
    void isSilentOnceStopped() {
        watch.stop();
        pass(1000);
        assertThat(fired).hasValue(0);
    }
}
