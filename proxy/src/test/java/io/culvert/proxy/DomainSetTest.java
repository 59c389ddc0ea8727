package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Sets of thousands of domains and prefixes, held against looking at each of them. */
class DomainSetTest {
    private static final long SEED = 20240;

    @Test
    void findsAmongThousandsWhatOneByOneFinds() {
        SplittableRandom random = new SplittableRandom(SEED);
        DomainSet.Builder builder = new DomainSet.Builder();
        List<String> full = new ArrayList<>();
        List<String> below = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            full.add(name(random));
            below.add(name(random) + "." + name(random));
            words.add(name(random) + name(random) + name(random));
        }
        full.forEach(builder::addFull);
        below.forEach(builder::addDomain);
        words.subList(0, 300).forEach(builder::addKeyword);
        DomainSet set = builder.build();

        int found = 0;
        for (int i = 0; i < 20_000; i++) {
            String name = name(random);
            boolean expected =
                    full.contains(name)
                            || below.stream()
                                    .anyMatch(domain ->
                                            name.equals(domain) || name.endsWith("." + domain))
                            || words.subList(0, 300).stream().anyMatch(name::contains);
            assertThat(set.contains(name)).as(name).isEqualTo(expected);
            found += expected ? 1 : 0;
        }
        assertThat(found).isBetween(1000, 19_000);
    }

    /** One to four labels of one to three of four letters, so that names meet. */
    private static String name(SplittableRandom random) {
        StringBuilder name = new StringBuilder();
        int labels = random.nextInt(1, 5);
        for (int i = 0; i < labels; i++) {
            if (i > 0) {
                name.append('.');
            }
            int letters = random.nextInt(1, 4);
            for (int j = 0; j < letters; j++) {
                name.append((char) ('a' + random.nextInt(4)));
            }
        }
        return name.toString();
    }

    @Test
    void findsWordsThatOverlap() {
        Keywords words = Keywords.of(List.of("abcd", "bcx", "cx", "zz"));

        assertThat(words.foundIn("abcx")).isTrue();
        assertThat(words.foundIn("aabcd")).isTrue();
        assertThat(words.foundIn("abc")).isFalse();
        assertThat(words.foundIn("zazbz")).isFalse();
        assertThat(words.foundIn("ü€zz")).isTrue();
        assertThat(words.foundIn("")).isFalse();
    }

    @Test
    void findsAddressesAmongRangesThatOverlap() throws UnknownHostException {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int size : new int[] {4, 16}) {
            IpRanges.Builder builder = new IpRanges.Builder();
            List<byte[]> addresses = new ArrayList<>();
            List<Integer> lengths = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                byte[] address = address(random, size);
                int length = random.nextInt(9, size * 8 + 1);
                builder.add(address, length);
                addresses.add(address);
                lengths.add(length);
            }
            IpRanges ranges = builder.build();
            int found = 0;
            for (int i = 0; i < 20_000; i++) {
                byte[] address = address(random, size);
                boolean expected = false;
                for (int j = 0; j < addresses.size(); j++) {
                    expected |= sameBits(address, addresses.get(j), lengths.get(j));
                }
                assertThat(ranges.contains(InetAddress.getByAddress(address)))
                        .as("%s", InetAddress.getByAddress(address))
                        .isEqualTo(expected);
                found += expected ? 1 : 0;
            }
            assertThat(found).isBetween(1000, 19_000);
        }
    }

    @Test
    void knowsTheEndsOfTheAddressSpace() {
        IpRanges.Builder builder = new IpRanges.Builder();
        builder.add(new byte[4], 1);
        builder.add(new byte[] {-1, -1, -1, -1}, 32);
        builder.add(new byte[] {-128, 0, 0, 0}, 32);
        IpRanges ranges = builder.build();

        assertThat(ranges.contains(InetAddress.ofLiteral("0.0.0.0"))).isTrue();
        assertThat(ranges.contains(InetAddress.ofLiteral("127.255.255.255"))).isTrue();
        assertThat(ranges.contains(InetAddress.ofLiteral("128.0.0.0"))).isTrue();
        assertThat(ranges.contains(InetAddress.ofLiteral("128.0.0.1"))).isFalse();
        assertThat(ranges.contains(InetAddress.ofLiteral("255.255.255.254"))).isFalse();
        assertThat(ranges.contains(InetAddress.ofLiteral("255.255.255.255"))).isTrue();
        assertThat(ranges.contains(InetAddress.ofLiteral("::"))).isFalse();
    }

    /** Few values for a byte, so that prefixes meet. */
    private static byte[] address(SplittableRandom random, int size) {
        byte[] address = new byte[size];
        for (int i = 0; i < size; i++) {
            address[i] = (byte) (random.nextInt(16) * 17);
        }
        return address;
    }

    private static boolean sameBits(byte[] a, byte[] b, int bits) {
        for (int i = 0; i < bits; i++) {
            int shift = 7 - i % 8;
            if ((a[i / 8] >> shift & 1) != (b[i / 8] >> shift & 1)) {
                return false;
            }
        }
        return true;
    }

    @Test
    void givesUpOnAnExpressionThatTakesForEver() {
        TextPattern pattern = pattern("^(a+)+$");

        assertThat(pattern.isIn("aaaa")).isTrue();
        assertThat(pattern.isIn("a".repeat(200) + "!")).isFalse();
    }

    @Test
    void takesGosSpellingOfExpressions() {
        TextPattern pattern = pattern("^(?P<host>[[:alpha:]]+)\\.test$");

        assertThat(pattern.isIn("abc.test")).isTrue();
        assertThat(pattern.isIn("ab1.test")).isFalse();
    }

    private static TextPattern pattern(String expression) {
        ConfigNode at = ConfigNode.string(new Place("c.json", 1, 1, "domain[0]"), expression);
        return Objects.requireNonNull(TextPattern.read(at, expression, new Problems()));
    }
}
