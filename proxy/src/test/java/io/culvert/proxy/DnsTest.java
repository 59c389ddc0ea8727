package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which servers are asked for what, and what becomes of their answers, in virtual time. */
class DnsTest {
    private static final List<DnsRecordType> FOUR = List.of(DnsRecordType.A);
    private static final List<DnsRecordType> BOTH = List.of(DnsRecordType.A, DnsRecordType.AAAA);

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final EventLoop loop = channel.eventLoop();
    private final Map<String, Scripted> servers = new HashMap<>();
    private final List<String> asked = new ArrayList<>();
    private final Dns dns = new Dns(this::system, loop);

    /** A server that answers as it is told, and remembers by which outbound it is reached. */
    private final class Scripted implements DnsTransport {
        private final String label;
        private final Map<String, DnsReply> replies = new HashMap<>();
        private String way = "direct";
        private @Nullable DnsRecordType silentFor;

        Scripted(String label) {
            this.label = label;
        }

        Scripted says(String name, String... addresses) {
            List<InetAddress> list = new ArrayList<>();
            for (String address : addresses) {
                list.add(InetAddress.ofLiteral(address));
            }
            replies.put(name, DnsReply.of(List.copyOf(list), 60));
            return this;
        }

        Scripted says(String name, int code) {
            replies.put(name, new DnsReply(code, false, List.of(), 10));
            return this;
        }

        @Override
        public void ask(DnsQuery query, Promise<DnsReply> reply) {
            asked.add(label + " " + query.name() + " " + query.type().name());
            DnsReply known = replies.get(query.name());
            if (known != null && !query.type().equals(silentFor)) {
                reply.trySuccess(
                        known.with(DnsHosts.ofTypes(known.addresses(), List.of(query.type()))));
            }
        }

        @Override
        public boolean goesBy(String outboundTag) {
            return way.equals(outboundTag);
        }
    }

    private Future<List<InetAddress>> system(String name, EventLoop on) {
        asked.add("system " + name);
        return on.newSucceededFuture(List.of(InetAddress.ofLiteral("198.51.100.1")));
    }

    @BeforeEach
    void freeze() {
        channel.freezeTime();
    }

    private void pass(long millis) {
        channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        channel.runPendingTasks();
    }

    private Scripted server(String address) {
        return servers.computeIfAbsent(address, Scripted::new);
    }

    private void configure(String json) {
        Problems problems = new Problems();
        DnsSettings settings =
                new DnsReader(problems, new GeoFiles(name -> null))
                        .read(
                                Json.parse(json.replace('\'', '"')),
                                Json.parse("{}").member("fakeDns"));
        assertThat(problems.errors()).isEmpty();
        dns.configure(settings, each -> server(each.address().label()));
    }

    private String lookup(String name, List<DnsRecordType> types) {
        Future<DnsReply> done = dns.lookup(name, types);
        channel.runPendingTasks();
        return shown(done);
    }

    private String lookup(String name) {
        return lookup(name, FOUR);
    }

    private static String shown(Future<DnsReply> done) {
        if (!done.isDone()) {
            return "…";
        }
        if (!done.isSuccess()) {
            return String.valueOf(done.cause().getMessage());
        }
        DnsReply reply = done.getNow();
        return reply.isNoSuchName()
                ? "NXDOMAIN"
                : String.join(
                        " ", reply.addresses().stream().map(InetAddress::getHostAddress).toList());
    }

    @Test
    void asksTheServersInTurnUntilOneKnows() {
        configure("{'servers':['192.0.2.1','192.0.2.2','192.0.2.3']}");
        server("192.0.2.1:53").says("a.test", 2);
        server("192.0.2.2:53").says("a.test", "10.0.0.1");

        assertThat(lookup("a.test")).isEqualTo("10.0.0.1");
        assertThat(asked).containsExactly("192.0.2.1:53 a.test A", "192.0.2.2:53 a.test A");
    }

    @Test
    void aSilentServerCostsItsTimeAndNoMore() {
        configure("{'servers':[{'address':'192.0.2.1','timeoutMs':700},'192.0.2.2']}");
        server("192.0.2.2:53").says("a.test", "10.0.0.1");
        Future<DnsReply> done = dns.lookup("a.test", FOUR);

        pass(699);
        assertThat(shown(done)).isEqualTo("…");
        pass(1);
        assertThat(shown(done)).isEqualTo("10.0.0.1");
    }

    @Test
    void aServerThatWasOftenSilentIsGivenLessTime() {
        configure("{'servers':['192.0.2.1','192.0.2.2']}");
        for (int i = 0; i < 4; i++) {
            server("192.0.2.2:53").says("a" + i, "10.0.0.1");
        }
        for (int i = 0; i < 3; i++) {
            Future<DnsReply> done = dns.lookup("a" + i, FOUR);
            pass(3999);
            assertThat(shown(done)).isEqualTo("…");
            pass(1);
            assertThat(shown(done)).isEqualTo("10.0.0.1");
        }
        Future<DnsReply> done = dns.lookup("a3", FOUR);
        pass(1000);
        assertThat(shown(done)).isEqualTo("10.0.0.1");
    }

    @Test
    void thatThereIsNoSuchNameIsSaidOnceAllWereAsked() {
        configure("{'servers':['192.0.2.1','192.0.2.2']}");
        server("192.0.2.1:53").says("a.test", 3);
        server("192.0.2.2:53").says("a.test", 2);

        assertThat(lookup("a.test")).isEqualTo("NXDOMAIN");
    }

    @Test
    void whatNobodyCanTellIsAFailure() {
        configure("{'servers':['192.0.2.1']}");
        server("192.0.2.1:53").says("a.test", 2);

        assertThat(lookup("a.test"))
                .isEqualTo("name server 192.0.2.1:53 can't tell for a.test (code 2)");
    }

    @Test
    void serversOfADomainAreAskedFirstAndTheOthersAfterThem() {
        configure(
                "{'servers':['192.0.2.1',{'address':'192.0.2.2','domains':['domain:corp.test']},"
                        + "{'address':'192.0.2.3','domains':['full:x.corp.test'],'skipFallback':true}]}");

        List.of("y.corp.test", "other.test")
                .forEach(name -> {
                    for (String address : List.of("192.0.2.1:53", "192.0.2.2:53", "192.0.2.3:53")) {
                        server(address).says(name, 2);
                    }
                    lookup(name);
                });
        assertThat(asked)
                .containsExactly(
                        "192.0.2.2:53 y.corp.test A",
                        "192.0.2.1:53 y.corp.test A",
                        "192.0.2.1:53 other.test A",
                        "192.0.2.2:53 other.test A");
    }

    @Test
    void fallbackMayBeSwitchedOff() {
        String servers =
                "'servers':['192.0.2.1',{'address':'192.0.2.2','domains':['domain:corp.test']}]}";
        for (String key : List.of("disableFallback", "disableFallbackIfMatch")) {
            asked.clear();
            configure("{'" + key + "':true," + servers);
            server("192.0.2.2:53").says("y.corp.test", 2);
            lookup("y.corp.test");
            assertThat(asked).as(key).containsExactly("192.0.2.2:53 y.corp.test A");
        }
    }

    @Test
    void nobodyIsAskedAfterTheFinalServer() {
        configure("{'servers':[{'address':'192.0.2.1','finalQuery':true},'192.0.2.2']}");
        server("192.0.2.1:53").says("a.test", 2);

        assertThat(lookup("a.test")).contains("can't tell");
        assertThat(asked).containsExactly("192.0.2.1:53 a.test A");
    }

    @Test
    void onlyExpectedAddressesAreTaken() {
        configure(
                "{'servers':[{'address':'192.0.2.1','expectIPs':['10.1.0.0/16']},"
                        + "{'address':'192.0.2.2','unexpectedIPs':['10.2.0.0/16']}]}");
        server("192.0.2.1:53").says("a.test", "10.9.0.1", "10.1.0.1").says("b.test", "10.9.0.1");
        server("192.0.2.2:53").says("b.test", "10.2.0.1", "10.3.0.1");

        assertThat(lookup("a.test")).isEqualTo("10.1.0.1");
        assertThat(lookup("b.test")).isEqualTo("10.3.0.1");
    }

    @Test
    void aStarMakesExpectedAddressesAWish() {
        configure("{'servers':[{'address':'192.0.2.1','expectedIPs':['*','10.1.0.0/16']}]}");
        server("192.0.2.1:53").says("a.test", "10.9.0.1", "10.1.0.1").says("b.test", "10.9.0.1");

        assertThat(lookup("a.test")).isEqualTo("10.1.0.1");
        assertThat(lookup("b.test")).isEqualTo("10.9.0.1");
    }

    @Test
    void hostsAreKnownWithoutAsking() {
        configure(
                "{'servers':['192.0.2.1'],'hosts':{'a.test':'10.0.0.1','domain:below.test':"
                        + "['10.0.0.2','fd00::2'],'regexp:\\\\D+x[0-9]$':'10.0.0.3','alias.test':"
                        + "'real.test','keyword:blocked':'#3','full:f.test':'10.0.0.4'}}");
        server("192.0.2.1:53").says("real.test", "10.0.0.9").says("aa.test", "10.0.0.8");

        assertThat(lookup("A.test")).isEqualTo("10.0.0.1");
        assertThat(lookup("deep.below.test", BOTH)).isEqualTo("10.0.0.2 fd00:0:0:0:0:0:0:2");
        assertThat(lookup("below.test", List.of(DnsRecordType.AAAA)))
                .isEqualTo("fd00:0:0:0:0:0:0:2");
        assertThat(lookup("host.x7")).isEqualTo("10.0.0.3");
        assertThat(lookup("f.test")).isEqualTo("10.0.0.4");
        assertThat(lookup("ads.blocked.test")).isEqualTo("NXDOMAIN");
        assertThat(lookup("a.test", List.of(DnsRecordType.AAAA))).isEmpty();
        assertThat(asked).isEmpty();
        assertThat(lookup("alias.test")).isEqualTo("10.0.0.9");
        assertThat(lookup("aa.test")).isEqualTo("10.0.0.8");
    }

    @Test
    void namesOfNamesInACircleLeadNowhere() {
        configure("{'servers':['192.0.2.1'],'hosts':{'a.test':'b.test','b.test':'a.test'}}");

        assertThat(lookup("a.test")).isEmpty();
        assertThat(asked).isEmpty();
    }

    @Test
    void localhostIsNobodyElsesBusiness() {
        configure("{'servers':['192.0.2.1']}");

        lookup("localhost");
        lookup("app.localhost");
        assertThat(asked).containsOnly("system localhost");
    }

    @Test
    void queryStrategyLeavesAFamilyOut() {
        configure("{'queryStrategy':'UseIPv4','servers':['192.0.2.1']}");
        server("192.0.2.1:53").says("a.test", "10.0.0.1", "fd00::1");
        assertThat(lookup("a.test", BOTH)).isEqualTo("10.0.0.1");

        configure("{'servers':[{'address':'192.0.2.2','queryStrategy':'UseIPv6'}]}");
        server("192.0.2.2:53").says("a.test", "10.0.0.1", "fd00::1");
        assertThat(lookup("a.test", BOTH)).isEqualTo("fd00:0:0:0:0:0:0:1");
        assertThat(asked).containsExactly("192.0.2.1:53 a.test A", "192.0.2.2:53 a.test AAAA");
    }

    @Test
    void anAnswerHoldsForItsTime() {
        configure("{'servers':['192.0.2.1']}");
        server("192.0.2.1:53").says("a.test", "10.0.0.1");

        lookup("a.test");
        pass(59_999);
        lookup("a.test");
        assertThat(asked).hasSize(1);
        pass(1);
        lookup("a.test");
        assertThat(asked).hasSize(2);
    }

    @Test
    void withoutACacheEveryNameIsAskedAgain() {
        configure("{'disableCache':true,'servers':['192.0.2.1']}");
        server("192.0.2.1:53").says("a.test", "10.0.0.1");

        lookup("a.test");
        lookup("a.test");
        assertThat(asked).hasSize(2);
    }

    @Test
    void aStaleAnswerIsServedWhileItIsAskedAgain() {
        configure("{'serveStale':true,'serveExpiredTTL':100,'servers':['192.0.2.1']}");
        server("192.0.2.1:53").says("a.test", "10.0.0.1");
        lookup("a.test");
        server("192.0.2.1:53").says("a.test", "10.0.0.2");

        pass(61_000);
        assertThat(lookup("a.test")).isEqualTo("10.0.0.1");
        assertThat(asked).hasSize(2);
        assertThat(lookup("a.test")).isEqualTo("10.0.0.2");
        server("192.0.2.1:53").replies.clear();
        pass(161_000);
        assertThat(lookup("a.test")).isEqualTo("…");
    }

    @Test
    void theSecondFamilyIsWaitedForOnlyAMoment() {
        configure("{'servers':['192.0.2.1']}");
        server("192.0.2.1:53").says("a.test", "10.0.0.1").silentFor = DnsRecordType.AAAA;
        Future<DnsReply> done = dns.lookup("a.test", BOTH);

        pass(49);
        assertThat(shown(done)).isEqualTo("…");
        pass(1);
        assertThat(shown(done)).isEqualTo("10.0.0.1");
    }

    @Test
    void equalServersInARowAreAskedAtOnce() {
        configure(
                "{'enableParallelQuery':true,'servers':['192.0.2.1','192.0.2.2',"
                        + "{'address':'192.0.2.3','queryStrategy':'UseIPv4'}]}");
        server("192.0.2.2:53").says("a.test", "10.0.0.2");

        assertThat(lookup("a.test")).isEqualTo("10.0.0.2");
        assertThat(asked).containsExactly("192.0.2.1:53 a.test A", "192.0.2.2:53 a.test A");
    }

    @Test
    void aServersOwnNameIsAskedOfThoseBeforeItOrOfTheSystem() {
        configure(
                "{'servers':['https://first.test/dns-query','192.0.2.2',"
                        + "'https://third.test/dns-query']}");
        server("192.0.2.2:53").says("third.test", "10.0.0.3");
        server("first.test:443").says("third.test", 2);

        assertThat(lookup("first.test")).isEqualTo("198.51.100.1");
        assertThat(asked).containsExactly("system first.test");
        asked.clear();
        assertThat(lookup("third.test")).isEqualTo("10.0.0.3");
        assertThat(asked)
                .containsExactly("first.test:443 third.test A", "192.0.2.2:53 third.test A");
    }

    @Test
    void anOutboundsEndpointIsNeverAskedThroughThatOutbound() {
        configure("{'servers':['192.0.2.1','192.0.2.2']}");
        server("192.0.2.1:53").way = "wg";
        server("192.0.2.2:53").way = "wg";
        server("192.0.2.2:53").says("vpn.test", "10.0.0.2");

        Future<List<InetAddress>> done = dns.outside("wg").resolve("vpn.test", loop);
        channel.runPendingTasks();
        assertThat(done.getNow()).containsExactly(InetAddress.ofLiteral("198.51.100.1"));
        assertThat(asked).containsOnly("system vpn.test");
        asked.clear();

        server("192.0.2.2:53").way = "direct";
        done = dns.outside("wg").resolve("vpn.test", loop);
        channel.runPendingTasks();
        assertThat(done.getNow()).containsExactly(InetAddress.ofLiteral("10.0.0.2"));
        assertThat(asked).noneMatch(each -> each.startsWith("192.0.2.1"));
    }

    @Test
    void namesThatCannotBeAreNotAsked() {
        configure("{'servers':['192.0.2.1']}");

        for (String name :
                List.of("", ".", "a..b", "x".repeat(64), "a b", "1234567890.".repeat(24))) {
            assertThat(lookup(name)).as(name).isEqualTo("NXDOMAIN");
        }
        assertThat(asked).isEmpty();
    }

    private String lookupForClient(String name) {
        Future<DnsReply> done = dns.lookupForClient(name, FOUR);
        channel.runPendingTasks();
        return shown(done);
    }

    /** Whoever sends to a name itself needs its address, not one that stands for it. */
    @Test
    void onlyClientsAreToldAddressesThatStandForNames() {
        server("9.9.9.9:53").says("a.test", "192.0.2.1");
        configure("{'servers':['fakedns','9.9.9.9']}");

        assertThat(lookup("a.test")).isEqualTo("192.0.2.1");
        assertThat(lookupForClient("a.test")).startsWith("198.1");
        assertThat(asked).containsExactly("9.9.9.9:53 a.test A");
    }

    @Test
    void whereThereAreOnlyAddressesThatStandForNamesNobodyElseIsAsked() {
        configure("{'servers':['fakedns']}");

        assertThat(lookup("a.test")).isEqualTo("there is no name server to ask");
        assertThat(asked).isEmpty();
    }
}
