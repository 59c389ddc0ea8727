package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each field of {@code dns} changes who is asked or what is answered. In the world of this test
 * {@code 192.0.2.1} to {@code .3} know {@code a.test} as 10.0.0.1 to .3 and fd00::1 to ::3, {@code
 * .8} fails, {@code .9} is silent, and the system knows everything as 198.51.100.1.
 */
class DnsFieldTest {
    private static final String SYSTEMS = "198.51.100.1";
    private static final List<DnsRecordType> BOTH = List.of(DnsRecordType.A, DnsRecordType.AAAA);

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final EventLoop loop = channel.eventLoop();
    private final List<String> asked = new ArrayList<>();
    private final Dns dns = new Dns(this::system, loop);

    private Future<List<InetAddress>> system(String name, EventLoop on) {
        asked.add("system");
        return on.newSucceededFuture(List.of(InetAddress.ofLiteral(SYSTEMS)));
    }

    /** A server of that world. */
    private final class Known implements DnsTransport {
        private final String label;

        Known(DnsSettings.Server server) {
            String tag = server.tag().isEmpty() ? "" : server.tag() + "/";
            label = tag + server.address().kind() + "/" + server.address().label();
        }

        @Override
        public void ask(DnsQuery query, Promise<DnsReply> reply) {
            InetAddress subnet = query.subnet();
            if (label.equals("SYSTEM/localhost")) {
                asked.add("system");
                reply.trySuccess(DnsReply.of(List.of(InetAddress.ofLiteral(SYSTEMS)), 60));
                return;
            }
            asked.add(
                    label
                            + (query.type().equals(DnsRecordType.AAAA) ? " 6" : "")
                            + (subnet == null ? "" : " for " + subnet.getHostAddress()));
            int colon = label.lastIndexOf(':');
            String last = label.substring(colon - 1, colon);
            if (last.equals("8")) {
                reply.trySuccess(new DnsReply(2, false, List.of(), 10));
            } else if (!last.equals("9")) {
                List<InetAddress> all =
                        List.of(
                                InetAddress.ofLiteral("10.0.0." + last),
                                InetAddress.ofLiteral("fd00::" + last));
                reply.trySuccess(DnsReply.of(DnsHosts.ofTypes(all, List.of(query.type())), 60));
            }
        }

        @Override
        public boolean goesBy(String outboundTag) {
            return false;
        }
    }

    /**
     * Steps: a name to ask for IPv4, {@code NAME+6} for both, {@code SECONDS} that pass for the
     * last one.
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'servers':['192.0.2.2']                               | a.test        | 10.0.0.2 | UDP/192.0.2.2:53
                    'servers':['192.0.2.2:5353']                          | a.test        | 10.0.0.2 | UDP/192.0.2.2:5353
                    'servers':['tcp://192.0.2.2']                         | a.test        | 10.0.0.2 | TCP/192.0.2.2:53
                    'servers':['tcp+local://192.0.2.2']                   | a.test        | 10.0.0.2 | TCP/192.0.2.2:53
                    'servers':['https://192.0.2.2/dns-query']             | a.test        | 10.0.0.2 | HTTPS/192.0.2.2:443
                    'servers':['https+local://192.0.2.2/dns-query']       | a.test        | 10.0.0.2 | HTTPS/192.0.2.2:443
                    'servers':['h2c://192.0.2.2/dns-query']               | a.test        | 10.0.0.2 | H2C/192.0.2.2:80
                    'servers':[{'address':'192.0.2.3'}]                   | a.test        | 10.0.0.3 | UDP/192.0.2.3:53
                    'servers':[{'address':'192.0.2.3','port':54}]         | a.test        | 10.0.0.3 | UDP/192.0.2.3:54
                    'servers':['192.0.2.1',{'address':'192.0.2.2','domains':['full:a.test']}] | a.test b.test | 10.0.0.2 10.0.0.1 | UDP/192.0.2.2:53 UDP/192.0.2.1:53
                    'servers':['192.0.2.8',{'address':'192.0.2.2','domains':['full:b.test'],'skipFallback':false}] | a.test | 10.0.0.2 | UDP/192.0.2.8:53 UDP/192.0.2.2:53
                    'servers':['192.0.2.8',{'address':'192.0.2.2','domains':['full:b.test'],'skipFallback':true}] | a.test | fails | UDP/192.0.2.8:53
                    'servers':[{'address':'192.0.2.1','expectIPs':['10.0.0.2']},'192.0.2.2'] | a.test | 10.0.0.2 | UDP/192.0.2.1:53 UDP/192.0.2.2:53
                    'servers':[{'address':'192.0.2.1','expectedIPs':['10.0.0.2']},'192.0.2.2'] | a.test | 10.0.0.2 | UDP/192.0.2.1:53 UDP/192.0.2.2:53
                    'servers':[{'address':'192.0.2.1','unexpectedIPs':['10.0.0.1']},'192.0.2.2'] | a.test | 10.0.0.2 | UDP/192.0.2.1:53 UDP/192.0.2.2:53
                    'servers':[{'address':'192.0.2.1','clientIp':'203.0.113.9'}] | a.test | 10.0.0.1 | UDP/192.0.2.1:53 for 203.0.113.9
                    'clientIp':'203.0.113.9','servers':['192.0.2.1']      | a.test        | 10.0.0.1 | UDP/192.0.2.1:53 for 203.0.113.9
                    'servers':['192.0.2.1']                               | a.test+6      | 10.0.0.1,fd00::1 | UDP/192.0.2.1:53 UDP/192.0.2.1:53 6
                    'servers':[{'address':'192.0.2.1','queryStrategy':'UseIPv4'}] | a.test+6 | 10.0.0.1 | UDP/192.0.2.1:53
                    'servers':[{'address':'192.0.2.1','queryStrategy':'UseIPv6'}] | a.test+6 | fd00::1 | UDP/192.0.2.1:53 6
                    'queryStrategy':'UseIPv4','servers':['192.0.2.1']     | a.test+6      | 10.0.0.1 | UDP/192.0.2.1:53
                    'queryStrategy':'UseIPv6','servers':['192.0.2.1']     | a.test+6      | fd00::1 | UDP/192.0.2.1:53 6
                    'servers':[{'address':'192.0.2.1','tag':'t'}]         | a.test        | 10.0.0.1 | t/UDP/192.0.2.1:53
                    'tag':'t','servers':['192.0.2.1']                     | a.test        | 10.0.0.1 | t/UDP/192.0.2.1:53
                    'servers':[{'address':'192.0.2.9','timeoutMs':1500},'192.0.2.2'] | a.test 2 | … 10.0.0.2 | UDP/192.0.2.9:53 UDP/192.0.2.2:53
                    'servers':['192.0.2.9','192.0.2.2']                   | a.test 2 | … … | UDP/192.0.2.9:53
                    'servers':['192.0.2.1']                               | a.test a.test | 10.0.0.1 10.0.0.1 | UDP/192.0.2.1:53
                    'servers':[{'address':'192.0.2.1','disableCache':true}] | a.test a.test | 10.0.0.1 10.0.0.1 | UDP/192.0.2.1:53 UDP/192.0.2.1:53
                    'disableCache':true,'servers':['192.0.2.1']           | a.test a.test | 10.0.0.1 10.0.0.1 | UDP/192.0.2.1:53 UDP/192.0.2.1:53
                    'servers':['192.0.2.8','192.0.2.2']                   | a.test        | 10.0.0.2 | UDP/192.0.2.8:53 UDP/192.0.2.2:53
                    'servers':[{'address':'192.0.2.8','finalQuery':true},'192.0.2.2'] | a.test | fails | UDP/192.0.2.8:53
                    'disableFallback':true,'servers':['192.0.2.2',{'address':'192.0.2.8','domains':['full:a.test']}] | a.test | fails | UDP/192.0.2.8:53
                    'disableFallbackIfMatch':true,'servers':['192.0.2.2',{'address':'192.0.2.8','domains':['full:a.test']}] | a.test b.test | fails 10.0.0.2 | UDP/192.0.2.8:53 UDP/192.0.2.2:53
                    'disableFallback':false,'servers':['192.0.2.2',{'address':'192.0.2.8','domains':['full:a.test']}] | a.test | 10.0.0.2 | UDP/192.0.2.8:53 UDP/192.0.2.2:53
                    'enableParallelQuery':true,'servers':['192.0.2.9','192.0.2.2'] | a.test | 10.0.0.2 | UDP/192.0.2.9:53 UDP/192.0.2.2:53
                    'hosts':{'a.test':'10.9.9.9'},'servers':['192.0.2.1'] | a.test        | 10.9.9.9 | ``
                    'hosts':{'a.test':['10.9.9.9','10.9.9.8']},'servers':['192.0.2.1'] | a.test | 10.9.9.9,10.9.9.8 | ``
                    'hosts':{'a.test':'b.test'},'servers':['192.0.2.1']   | a.test        | 10.0.0.1 | UDP/192.0.2.1:53
                    'useSystemHosts':true,'servers':['192.0.2.1']         | localhost     | 127.0.0.1 | ``
                    'useSystemHosts':false,'servers':['192.0.2.1']        | localhost     | 198.51.100.1 | system
                    'servers':['localhost']                               | a.test        | 198.51.100.1 | system
                    """)
    void fieldDecidesWhoIsAskedAndWhatIsAnswered(
            String members, String steps, String answers, String transcript) {
        channel.freezeTime();
        configure(members);
        String got =
                Arrays.stream(steps.split(" ", -1))
                        .map(this::step)
                        .collect(Collectors.joining(" "));
        assertThat(got).isEqualTo(answers);
        assertThat(String.join(" ", asked)).isEqualTo(transcript);
    }

    /** The old answer counts for so many seconds, while it is asked for anew. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'servers':['192.0.2.1']                                                  | 61  | false
                    'serveStale':true,'servers':['192.0.2.1']                                | 61  | true
                    'serveStale':true,'serveExpiredTTL':100,'servers':['192.0.2.1']          | 159 | true
                    'serveStale':true,'serveExpiredTTL':100,'servers':['192.0.2.1']          | 161 | false
                    'servers':[{'address':'192.0.2.1','serveStale':true}]                    | 61  | true
                    'servers':[{'address':'192.0.2.1','serveStale':true,'serveExpiredTTL':1}] | 62  | false
                    """)
    void fieldDecidesForHowLongAnAnswerIsTaken(String members, int seconds, boolean isStale) {
        channel.freezeTime();
        configure(members);
        step("a.test");
        configureSilence();
        step(Integer.toString(seconds));
        assertThat(step("a.test")).isEqualTo(isStale ? "10.0.0.1" : "…");
        assertThat(asked).hasSize(2);
    }

    private boolean isSilent;
    private @Nullable Future<DnsReply> last;

    /** From now on nobody answers. */
    private void configureSilence() {
        isSilent = true;
    }

    private void configure(String members) {
        Problems problems = new Problems();
        DnsSettings settings =
                new DnsReader(problems, new GeoFiles(name -> null))
                        .read(
                                Json.parse(("{" + members + "}").replace('\'', '"')),
                                Json.parse("{}").member("fakeDns"));
        assertThat(problems.errors()).isEmpty();
        assertThat(problems.warnings()).isEmpty();
        dns.configure(settings, this::transport);
    }

    private DnsTransport transport(DnsSettings.Server server) {
        Known known = new Known(server);
        return new DnsTransport() {
            @Override
            public void ask(DnsQuery query, Promise<DnsReply> reply) {
                known.ask(query, isSilent ? loop.newPromise() : reply);
            }

            @Override
            public boolean goesBy(String outboundTag) {
                return known.goesBy(outboundTag);
            }
        };
    }

    private String step(String step) {
        if (step.matches("\\d+")) {
            channel.advanceTimeBy(Long.parseLong(step), TimeUnit.SECONDS);
            channel.runPendingTasks();
            return last == null ? "" : shown(last);
        }
        boolean both = step.endsWith("+6");
        String name = both ? step.substring(0, step.length() - 2) : step;
        last = dns.lookup(name, both ? BOTH : List.of(DnsRecordType.A));
        channel.runPendingTasks();
        return shown(last);
    }

    private static String shown(Future<DnsReply> done) {
        if (!done.isDone()) {
            return "…";
        }
        return !done.isSuccess() || done.getNow().addresses().isEmpty()
                ? "fails"
                : done.getNow().addresses().stream()
                        .map(address -> address.getHostAddress().replace(":0:0:0:0:0:0:", "::"))
                        .collect(Collectors.joining(","));
    }
}
