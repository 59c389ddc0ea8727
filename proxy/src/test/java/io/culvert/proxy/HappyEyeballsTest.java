package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Promise;
import java.net.ConnectException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When which address is tried, in virtual time, and each field that says so. */
class HappyEyeballsTest {
    private static final List<InetAddress> ADDRESSES =
            List.of(
                    InetAddress.ofLiteral("10.0.0.1"),
                    InetAddress.ofLiteral("10.0.0.2"),
                    InetAddress.ofLiteral("fd00::1"),
                    InetAddress.ofLiteral("fd00::2"));

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Map<String, ChannelPromise> attempts = new LinkedHashMap<>();
    private final List<String> tried = new ArrayList<>();
    private long now;

    @BeforeEach
    void freeze() {
        channel.freezeTime();
    }

    @AfterEach
    void finish() {
        channel.finishAndReleaseAll();
    }

    private static HappyEyeballs.Settings settings(String members) {
        Plan plan =
                new FieldRig()
                        .outbound(
                                "freedom",
                                "'streamSettings':{'sockopt':{'happyEyeballs':{" + members + "}}}");
        return plan.outbounds().getFirst().dial().eyeballs();
    }

    private Promise<DuplexChannel> race(HappyEyeballs.Settings settings) {
        Promise<DuplexChannel> result = channel.eventLoop().newPromise();
        HappyEyeballs.race(
                Destination.of(Network.TCP, "a.test", 443),
                settings.apply(ADDRESSES),
                address -> {
                    String short4 = address.getAddress().getHostAddress();
                    String name = short4.contains(":") ? "6" : "4";
                    name += short4.charAt(short4.length() - 1);
                    tried.add(name + "@" + now);
                    ChannelPromise attempt = channel.newPromise();
                    attempts.put(name, attempt);
                    return attempt;
                },
                channel.eventLoop(),
                10,
                settings,
                result);
        return result;
    }

    private void pass(long millis) {
        for (long i = 0; i < millis; i += 10) {
            now += 10;
            channel.advanceTimeBy(10, TimeUnit.MILLISECONDS);
            channel.runPendingTasks();
        }
    }

    private void fails(String name) {
        Objects.requireNonNull(attempts.get(name)).setFailure(new ConnectException("refused"));
        channel.runPendingTasks();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    ``                                        | 41@0 61@250 42@500 62@750
                    'tryDelayMs':100                          | 41@0 61@100 42@200 62@300
                    'prioritizeIPv6':true                     | 61@0 41@250 62@500 42@750
                    'interleave':2                            | 41@0 42@250 61@500 62@750
                    'interleave':2,'prioritizeIPv6':true      | 61@0 62@250 41@500 42@750
                    'maxConcurrentTry':2                      | 41@0 61@250
                    'maxConcurrentTry':1                      | 41@0
                    """)
    void fieldDecidesWhenWhichAddressIsTried(String members, String expected) {
        Promise<DuplexChannel> result = race(settings(members));
        pass(2000);
        assertThat(String.join(" ", tried)).isEqualTo(expected);
        assertThat(result.isDone()).isFalse();
        pass(8000);
        assertThat(result.cause()).hasMessageContaining("did not answer in time");
    }

    @Test
    void oneThatFailedIsFollowedAtOnce() {
        Promise<DuplexChannel> result = race(settings("'maxConcurrentTry':1"));
        pass(30);
        fails("41");
        pass(30);
        fails("61");
        fails("42");
        assertThat(tried).containsExactly("41@0", "61@30", "42@60", "62@60");
        fails("62");
        assertThat(result.cause()).isInstanceOf(DialException.class);
    }
}
