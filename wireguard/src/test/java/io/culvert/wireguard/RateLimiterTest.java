package io.culvert.wireguard;

import static io.culvert.wireguard.Constants.NEVER;
import static io.culvert.wireguard.Pair.MS;
import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("A5.10")
class RateLimiterTest {
    private final RateLimiter limiter = new RateLimiter(new SipHash(new SeededEntropy(1)));
    private long now = -7 * SECOND;

    @Test
    void allowsABurstOfFiveThenTwentyASecond() {
        assertThat(allowed("192.0.2.1", 20)).isEqualTo(5);
        now += 50 * MS - 1;
        assertThat(allowed("192.0.2.1", 1)).isZero();
        now += 1;
        assertThat(allowed("192.0.2.1", 2)).isOne();
        now += 150 * MS;
        assertThat(allowed("192.0.2.1", 20)).isEqualTo(3);
        now += 900 * MS;
        assertThat(allowed("192.0.2.1", 20)).isEqualTo(5);
    }

    @Test
    void countsEachIpv4AddressForItself() {
        assertThat(allowed("192.0.2.1", 9)).isEqualTo(5);
        assertThat(allowed("192.0.2.2", 9)).isEqualTo(5);
    }

    @Test
    void countsAnIpv6NetworkOf64BitsAsOne() {
        assertThat(allowed("2001:db8:1:2::1", 3)).isEqualTo(3);
        assertThat(allowed("2001:db8:1:2:ffff::9", 9)).isEqualTo(2);
        assertThat(allowed("2001:db8:1:3::1", 9)).isEqualTo(5);
    }

    @Test
    void doesNotMistakeIpv6ForIpv4() {
        assertThat(allowed("192.0.2.1", 9)).isEqualTo(5);
        assertThat(allowed("0:0:c000:201::", 9)).isEqualTo(5);
    }

    @Test
    void forgetsASourceAfterASecondOfSilence() {
        allowed("192.0.2.1", 9);
        assertThat(limiter.nextDeadline()).isEqualTo(now + SECOND);
        now += SECOND;
        limiter.handleTimers(now);
        assertThat(limiter.size()).isOne();
        now += SECOND;
        limiter.handleTimers(now);
        assertThat(limiter.size()).isZero();
        assertThat(limiter.nextDeadline()).isEqualTo(NEVER);
    }

    @Test
    void refusesNewSourcesWhenFullAndServesKnownOnes() throws UnknownHostException {
        for (int i = 0; i < RateLimiter.MAX_SOURCES; i++) {
            assertThat(limiter.allow(ipv4(i), now)).isTrue();
        }
        assertThat(limiter.allow(ipv4(RateLimiter.MAX_SOURCES), now)).isFalse();
        assertThat(limiter.allow(ipv4(77), now)).isTrue();
        assertThat(limiter.size()).isEqualTo(RateLimiter.MAX_SOURCES);
        now += SECOND;
        limiter.handleTimers(now);
        now += SECOND;
        assertThat(limiter.allow(ipv4(RateLimiter.MAX_SOURCES), now)).isTrue();
        assertThat(limiter.size()).isOne();
    }

    @Test
    void hashesAsTheReferenceDoes() {
        // the vector for eight bytes 00..07 under the key 00..0f
        assertThat(new SipHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L).hash(0x0706050403020100L))
                .isEqualTo(0x93f5f5799a932462L);
    }

    @Tag("A1.13")
    @Test
    void hashesUnderAKeyOfItsOwn() {
        assertThat(new SipHash(new SeededEntropy(1)).hash(7))
                .isEqualTo(new SipHash(new SeededEntropy(1)).hash(7))
                .isNotEqualTo(new SipHash(new SeededEntropy(2)).hash(7));
    }

    private int allowed(String source, int packets) {
        int allowed = 0;
        for (int i = 0; i < packets; i++) {
            allowed += limiter.allow(InetAddress.ofLiteral(source), now) ? 1 : 0;
        }
        return allowed;
    }

    private static InetAddress ipv4(int number) throws UnknownHostException {
        byte[] address = new byte[4];
        Wire.intBe(address, 0, 0x0a000000 + number);
        return InetAddress.getByAddress(address);
    }
}
