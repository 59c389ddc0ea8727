package io.culvert.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to ask a rule about a name or an address, by how many domains, words and prefixes
 * the rule has. Half of what is asked for is in the set. It lies in the proxy's package, whose sets
 * are nobody else's business.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RoutingBenchmark {
    private static final int LOOKUPS = 1 << 12;

    /** Their automaton has a row for each letter; lists of that many have domains, not words. */
    private static final int MOST_WORDS = 10_000;

    @Param({"10", "1000", "100000"})
    int size;

    private final SplittableRandom random = new SplittableRandom(1);
    private final String[] names = new String[LOOKUPS];
    private final InetAddress[] ipv4 = new InetAddress[LOOKUPS];
    private final InetAddress[] ipv6 = new InetAddress[LOOKUPS];
    private DomainSet domains = new DomainSet.Builder().build();
    private DomainSet words = new DomainSet.Builder().build();
    private IpRanges ranges = new IpRanges.Builder().build();
    private int next;

    /** Fills the sets. */
    @Setup
    public void fill() throws UnknownHostException {
        DomainSet.Builder below = new DomainSet.Builder();
        DomainSet.Builder keywords = new DomainSet.Builder();
        IpRanges.Builder prefixes = new IpRanges.Builder();
        for (int i = 0; i < size; i++) {
            String domain = randomDomain();
            below.addDomain(domain);
            if (i < MOST_WORDS) {
                keywords.addKeyword(domain);
            }
            byte[] first = bytes(4);
            byte[] second = bytes(16);
            prefixes.add(first, 16 + random.nextInt(9));
            prefixes.add(second, 32 + random.nextInt(17));
            int at = i % LOOKUPS;
            names[at] = random.nextBoolean() ? "www.cdn." + domain : "www.cdn." + randomDomain();
            ipv4[at] = InetAddress.getByAddress(random.nextBoolean() ? first : bytes(4));
            ipv6[at] = InetAddress.getByAddress(random.nextBoolean() ? second : bytes(16));
        }
        for (int i = size; i < LOOKUPS; i++) {
            names[i] = names[i % size];
            ipv4[i] = ipv4[i % size];
            ipv6[i] = ipv6[i % size];
        }
        domains = below.build();
        words = keywords.build();
        ranges = prefixes.build();
    }

    private String randomDomain() {
        StringBuilder name = new StringBuilder();
        for (int i = random.nextInt(5, 15); i > 0; i--) {
            name.append((char) ('a' + random.nextInt(26)));
        }
        return name.append(".com").toString();
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private int next() {
        next = (next + 1) & (LOOKUPS - 1);
        return next;
    }

    /** Domains with all below them. */
    @Benchmark
    public boolean domain() {
        return domains.contains(names[next()]);
    }

    /** Words that may stand anywhere in a name. */
    @Benchmark
    public boolean keyword() {
        return words.contains(names[next()]);
    }

    /** Prefixes of both families, asked about IPv4. */
    @Benchmark
    public boolean ipv4() {
        return ranges.contains(ipv4[next()]);
    }

    /** The same, asked about IPv6. */
    @Benchmark
    public boolean ipv6() {
        return ranges.contains(ipv6[next()]);
    }
}
