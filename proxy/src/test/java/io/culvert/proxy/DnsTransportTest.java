package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real name servers, asked in every way. */
class DnsTransportTest {
    private static TestCertificate certificate;
    private static SystemResolver system;
    private static Services services;

    private final DnsServer names = new DnsServer();
    private Dns dns;
    private boolean configured;

    DnsTransportTest() throws IOException {
        names.add("name.test", "10.0.0.1", "fd00::1");
    }

    @BeforeAll
    static void open(@TempDir Path directory) throws Exception {
        certificate = TestCertificate.of(directory, "dns:localhost,ip:127.0.0.1");
        system = new SystemResolver();
        Sockets sockets = new Sockets(1);
        services =
                new Services(
                        sockets,
                        new AtomicReference<>(Policies.DEFAULT),
                        system,
                        new Dns(system, sockets.loop(0)),
                        new LoopGuard(),
                        new ProcessLookup(),
                        new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true));
    }

    @AfterAll
    static void closeAll() {
        services.open().close().syncUninterruptibly();
        services.sockets().close().syncUninterruptibly();
        system.close();
    }

    @BeforeEach
    void resolver() {
        dns = new Dns(system, services.sockets().loop(0));
    }

    @AfterEach
    void close() {
        dns.configure(null, server -> new SystemDns(system, services.sockets().loop(0)));
        names.close();
    }

    /** Asks one server, trusting the test's certificate or those of this Java. */
    private String ask(String server, boolean trusting) throws Exception {
        if (!configured) {
            configured = true;
            Problems problems = new Problems();
            DnsSettings settings =
                    new DnsReader(problems, new GeoFiles(name -> null))
                            .read(
                                    Json.parse("{\"servers\":[\"" + server + "\"]}"),
                                    Json.parse("{}").member("fakeDns"));
            assertThat(problems.errors()).isEmpty();
            Outbound direct =
                    new FreedomOutbound(
                            "direct",
                            FreedomOutbound.Settings.DEFAULT,
                            new SystemDialer("direct", DialSettings.DEFAULT, services),
                            system);
            Dispatcher straight =
                    new Dispatcher(
                            new Routing(
                                    new Router(Router.DomainStrategy.AS_IS, List.of(), "direct"),
                                    Map.of("direct", direct),
                                    Map.of()),
                            system,
                            new Statistics(),
                            services.loops(),
                            services.processes());
            TrustManagerFactory trusted = trusting ? certificate.trust() : null;
            DnsTransports transports =
                    new DnsTransports(
                            straight, straight, system, services.sockets().loop(0), trusted);
            dns.configure(settings, transports::make);
        }
        return ask("name.test");
    }

    private String ask(String name) {
        Future<DnsReply> done =
                dns.lookup(name, List.of(DnsRecordType.A, DnsRecordType.AAAA))
                        .awaitUninterruptibly();
        return done.isSuccess()
                ? String.join(
                        " ",
                        done.getNow().addresses().stream()
                                .map(InetAddress::getHostAddress)
                                .sorted()
                                .toList())
                : String.valueOf(done.cause().getMessage());
    }

    private static final String FOUND = "10.0.0.1 fd00:0:0:0:0:0:0:1";

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:PORT", "udp+local://127.0.0.1:PORT", "tcp://127.0.0.1:PORT"})
    void asksInTheClear(String server) throws Exception {
        assertThat(ask(server.replace("PORT", String.valueOf(names.port())), false))
                .isEqualTo(FOUND);
        assertThat(names.connections()).isEqualTo(server.startsWith("tcp") ? 1 : 0);
    }

    @Test
    void oneConnectionServesMany() throws Exception {
        ask("tcp://127.0.0.1:" + names.port(), false);
        for (int i = 0; i < 20; i++) {
            names.add("n" + i, "10.0.0." + i);
            assertThat(ask("n" + i)).isEqualTo("10.0.0." + i);
        }
        assertThat(names.connections()).isEqualTo(1);
    }

    @Test
    void whatDoesNotFitIntoADatagramComesOverTcp() throws Exception {
        String[] many = new String[60];
        for (int i = 0; i < many.length; i++) {
            many[i] = "10.0.1." + i;
        }
        names.add("name.test", many);

        assertThat(ask("127.0.0.1:" + names.port(), false).split(" ")).hasSize(60);
        assertThat(names.connections()).isEqualTo(1);
    }

    @Test
    void aHugeAnswerIsReadAndBounded() throws Exception {
        String[] many = new String[2500];
        for (int i = 0; i < many.length; i++) {
            many[i] = "10.1." + (i >> 8) + "." + (i & 0xff);
        }
        names.add("name.test", many);

        assertThat(ask("127.0.0.1:" + names.port(), false).split(" ")).hasSize(128);
    }

    @Test
    void forgedAnswersAreNotBelieved() throws Exception {
        names.forgeries(7);

        assertThat(ask("127.0.0.1:" + names.port(), false)).isEqualTo(FOUND);
    }

    @ParameterizedTest
    @EnumSource(
            value = DohServer.Speech.class,
            names = {"HTTP2", "HTTP1"})
    void asksOverHttpsAndChecksTheCertificate(DohServer.Speech speech) throws Exception {
        try (DohServer server = new DohServer(names, speech, certificate)) {
            String url = "https://localhost:" + server.port() + "/dns-query?x=1";
            assertThat(ask(url, true)).isEqualTo(FOUND);
            names.add("other.test", "10.0.0.2");
            assertThat(ask("other.test")).isEqualTo("10.0.0.2");
            assertThat(server.connections()).isEqualTo(1);
            assertThat(server.ids()).containsOnly(0);
            assertThat(server.heads()).containsOnly("POST /dns-query?x=1 application/dns-message");
        }
    }

    @Test
    void asksOverHttp2InTheClear() throws Exception {
        try (DohServer server = new DohServer(names, DohServer.Speech.H2C, null)) {
            assertThat(ask("h2c://127.0.0.1:" + server.port() + "/q", false)).isEqualTo(FOUND);
        }
    }

    @Test
    void asksOverTls() throws Exception {
        try (DohServer server = new DohServer(names, DohServer.Speech.TLS, certificate)) {
            assertThat(ask("tls://127.0.0.1:" + server.port(), true)).isEqualTo(FOUND);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DohServer.Speech.class,
            names = {"HTTP2", "HTTP1", "TLS"})
    void aCertificateThatNobodySignedIsRefused(DohServer.Speech speech) throws Exception {
        try (DohServer server = new DohServer(names, speech, certificate)) {
            String scheme = speech == DohServer.Speech.TLS ? "tls" : "https";
            assertThat(ask(scheme + "://localhost:" + server.port() + "/dns-query", false))
                    .startsWith("the name server localhost:" + server.port() + " can't be asked: ")
                    .contains("PKIX path");
            assertThat(server.ids()).isEmpty();
        }
    }

    @Test
    void aCertificateForAnotherNameIsRefused(@TempDir Path directory) throws Exception {
        certificate = TestCertificate.of(directory, "dns:other.test");
        try (DohServer server = new DohServer(names, DohServer.Speech.HTTP2, certificate)) {
            assertThat(ask("https+local://127.0.0.1:" + server.port() + "/dns-query", true))
                    .contains("127.0.0.1");
            assertThat(server.ids()).isEmpty();
        } finally {
            certificate = TestCertificate.of(directory, "dns:localhost,ip:127.0.0.1");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DohServer.Speech.class,
            names = {"HTTP2", "HTTP1"})
    void anHttpErrorIsNoAnswer(DohServer.Speech speech) throws Exception {
        try (DohServer server = new DohServer(names, speech, certificate)) {
            server.status(503);
            assertThat(ask("https://localhost:" + server.port() + "/dns-query", true))
                    .isEqualTo("the server says 503 Service Unavailable");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DohServer.Speech.class,
            names = {"HTTP2", "HTTP1", "TLS"})
    void aConnectionThatWasClosedIsOpenedAgain(DohServer.Speech speech) throws Exception {
        try (DohServer server = new DohServer(names, speech, certificate)) {
            String scheme = speech == DohServer.Speech.TLS ? "tls" : "https";
            ask(scheme + "://localhost:" + server.port() + "/dns-query", true);
            server.hangUp();
            names.add("later.test", "10.0.0.3");
            assertThat(ask("later.test")).isEqualTo("10.0.0.3");
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @Test
    void aServerThatIsNotThereIsSaid() throws Exception {
        assertThat(ask("tcp://127.0.0.1:1", false)).isEqualTo("127.0.0.1:1 refused the connection");
    }
}
