package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Xray's API as a gRPC client of another house sees it. */
@Timeout(60)
class ApiTest {
    private static final String STATS = "xray.app.stats.command.StatsService";
    private static final String HANDLER = "xray.app.proxyman.command.HandlerService";
    private static final String ROUTING = "xray.app.router.command.RoutingService";
    private static final String PEER = "bmXOC+F1FxEMF9dyiK2H5/1SUtzH0JuVo51h2wPfgyo=";

    private static final String SERVICES =
            "'services':['StatsService','HandlerService','RoutingService','LoggerService',"
                    + "'ReflectionService']";

    private static final String REST =
            "'stats':{},'policy':{'system':{'statsInboundUplink':true,'statsInboundDownlink':true,"
                    + "'statsOutboundUplink':true,'statsOutboundDownlink':true},"
                    + "'levels':{'0':{'statsUserUplink':true,'statsUserDownlink':true,"
                    + "'statsUserOnline':true}}}";

    private static final String SOCKS =
            "{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0,'settings':"
                    + "{'auth':'password','accounts':[{'user':'ann','pass':'one'}]}}";
    private static final String WIREGUARD =
            "{'tag':'wg','protocol':'wireguard','listen':'127.0.0.1','port':0,'settings':"
                    + "{'secretKey':'EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=','peers':[]}}";

    private static String file(String inbounds, String api, String more) {
        return "{'inbounds':["
                + inbounds
                + "],'outbounds':[{'tag':'out','protocol':'freedom','settings':"
                + "{'finalRules':[{'action':'allow'}]}},{'tag':'none','protocol':'blackhole'}],"
                + "'api':{"
                + api
                + ","
                + SERVICES
                + "},"
                + REST
                + more
                + "}";
    }

    private static ProxyRig listening() throws StartException {
        return ProxyRig.start(file(SOCKS + "," + WIREGUARD, "'listen':'127.0.0.1:0'", ""));
    }

    /** A client whose messages are bytes. */
    private static final class Client implements AutoCloseable {
        private final ManagedChannel channel;

        Client(InetSocketAddress server) {
            channel = NettyChannelBuilder.forAddress(server).usePlaintext().build();
        }

        static Client of(ProxyRig rig) {
            return new Client(
                    rig.proxy().snapshot().inbounds().stream()
                            .filter(inbound -> inbound.protocol().equals("api"))
                            .findFirst()
                            .orElseThrow()
                            .addresses()
                            .getFirst());
        }

        ProtoFields call(String service, String method, ProtoWriter request) {
            byte[] answer =
                    ClientCalls.blockingUnaryCall(
                            channel,
                            MethodDescriptor.<byte[], byte[]>newBuilder()
                                    .setType(MethodDescriptor.MethodType.UNARY)
                                    .setFullMethodName(
                                            MethodDescriptor.generateFullMethodName(
                                                    service, method))
                                    .setRequestMarshaller(new Bytes())
                                    .setResponseMarshaller(new Bytes())
                                    .build(),
                            CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                            request.toBytes());
            return ProtoFields.of(ByteBuffer.wrap(answer));
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static ProtoWriter typed(String type, ProtoWriter value) {
        return new ProtoWriter().text(1, type).bytes(2, value.toBytes());
    }

    private static Status failure(Call call) {
        Throwable thrown = Assertions.catchThrowable(call::run);
        assertThat(thrown).isInstanceOf(StatusRuntimeException.class);
        return ((StatusRuntimeException) thrown).getStatus();
    }

    private interface Call {
        void run() throws Exception;
    }

    private static Map<String, Long> query(Client client, String pattern, boolean reset) {
        Map<String, Long> found = new TreeMap<>();
        client.call(STATS, "QueryStats", new ProtoWriter().text(1, pattern).bool(2, reset))
                .messages(1)
                .forEach(stat -> found.put(stat.text(1), stat.number(2)));
        return found;
    }

    private static Socket open(ProxyRig rig, String user, String pass, int port) throws Exception {
        Socket socket = rig.connect("in");
        SocksClient.greet(socket, 2);
        SocksClient.method(socket);
        SocksClient.login(socket, user, pass);
        if (socket.getInputStream().readNBytes(2)[1] != 0) {
            return socket;
        }
        socket.getOutputStream().write(SocksClient.request(SocksClient.CONNECT, "127.0.0.1", port));
        assertThat(SocksClient.reply(socket)).isZero();
        return socket;
    }

    @Test
    void countersHaveXraysNamesAndCanBeReset() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = listening();
                Client client = Client.of(rig);
                Socket socket = open(rig, "ann", "one", echo.port())) {
            socket.getOutputStream().write(new byte[100]);
            assertThat(socket.getInputStream().readNBytes(100)).hasSize(100);
            Await.until(() ->
                    query(client, "user>>>ann>>>traffic>>>downlink", false).containsValue(100L));
            assertThat(query(client, "", true))
                    .containsEntry("inbound>>>in>>>traffic>>>uplink", 100L)
                    .containsEntry("inbound>>>in>>>traffic>>>downlink", 100L)
                    .containsEntry("outbound>>>out>>>traffic>>>uplink", 100L)
                    .containsEntry("outbound>>>out>>>traffic>>>downlink", 100L)
                    .containsEntry("user>>>ann>>>traffic>>>uplink", 100L)
                    .containsEntry("outbound>>>none>>>traffic>>>uplink", 0L);
            assertThat(query(client, "ann", false).values()).containsOnly(0L);
            ProtoFields stat =
                    client.call(
                                    STATS,
                                    "GetStats",
                                    new ProtoWriter().text(1, "inbound>>>in>>>traffic>>>uplink"))
                            .message(1);
            assertThat(stat.text(1)).isEqualTo("inbound>>>in>>>traffic>>>uplink");
            assertThat(stat.number(2)).isZero();
            assertThat(
                            failure(() ->
                                    client.call(STATS, "GetStats", new ProtoWriter().text(1, "x"))))
                    .extracting(Status::getCode, Status::getDescription)
                    .containsExactly(Status.Code.NOT_FOUND, "x not found.");
        }
    }

    @Test
    void saysWhoIsThereAndFromWhere() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = listening();
                Client client = Client.of(rig)) {
            ProtoWriter name = new ProtoWriter().text(1, "user>>>ann>>>online");
            try (Socket socket = open(rig, "ann", "one", echo.port())) {
                assertThat(socket.isConnected()).isTrue();
                assertThat(client.call(STATS, "GetStatsOnline", name).message(1).number(2))
                        .isEqualTo(1);
                List<ProtoFields> addresses =
                        client.call(STATS, "GetStatsOnlineIpList", name).messages(2);
                assertThat(addresses).hasSize(1);
                assertThat(addresses.getFirst().text(1)).isEqualTo("127.0.0.1");
                assertThat(addresses.getFirst().number(2)).isPositive();
                assertThat(client.call(STATS, "GetAllOnlineUsers", new ProtoWriter()).texts(1))
                        .containsExactly("user>>>ann>>>online");
            }
            Await.until(() ->
                    client.call(STATS, "GetAllOnlineUsers", new ProtoWriter()).texts(1).isEmpty());
        }
    }

    @Test
    void usersComeAndGo() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = listening();
                Client client = Client.of(rig)) {
            ProtoWriter bob =
                    new ProtoWriter()
                            .text(2, "bob")
                            .message(
                                    3,
                                    typed(
                                            "xray.proxy.socks.Account",
                                            new ProtoWriter().text(1, "bob").text(2, "two")));
            client.call(HANDLER, "AlterInbound", alter("in", "AddUserOperation", bob));
            try (Socket socket = open(rig, "bob", "two", echo.port())) {
                socket.getOutputStream().write(42);
                assertThat(socket.getInputStream().read()).isEqualTo(42);
            }
            client.call(
                    HANDLER,
                    "AlterInbound",
                    new ProtoWriter()
                            .text(1, "in")
                            .message(
                                    2,
                                    typed(
                                            "xray.app.proxyman.command.RemoveUserOperation",
                                            new ProtoWriter().text(1, "bob"))));
            assertThat(users(client, "in")).containsExactly("ann");
        }
    }

    @Test
    void aPeerIsAddedToARunningTunnelAndRemoved() throws Exception {
        try (ProxyRig rig = listening();
                Client client = Client.of(rig)) {
            InetSocketAddress address = rig.address("wg");
            ProtoWriter peer =
                    new ProtoWriter().text(1, PEER).text(4, "25").texts(5, List.of("10.0.0.3/32"));
            ProtoWriter carol =
                    new ProtoWriter()
                            .text(2, "carol")
                            .message(3, typed("xray.proxy.wireguard.PeerConfig", peer));
            client.call(HANDLER, "AlterInbound", alter("wg", "AddUserOperation", carol));
            Await.until(() -> peers(rig) == 1);
            assertThat(users(client, "wg")).containsExactly("carol");
            assertThat(
                            client.call(
                                            HANDLER,
                                            "GetInboundUsersCount",
                                            new ProtoWriter().text(1, "wg"))
                                    .number(1))
                    .isEqualTo(1);
            client.call(
                    HANDLER,
                    "AlterInbound",
                    new ProtoWriter()
                            .text(1, "wg")
                            .message(
                                    2,
                                    typed(
                                            "xray.app.proxyman.command.RemoveUserOperation",
                                            new ProtoWriter().text(1, "carol"))));
            Await.until(() -> peers(rig) == 0);
            assertThat(rig.address("wg")).isEqualTo(address);
        }
    }

    private static int peers(ProxyRig rig) {
        var tunnel = rig.snapshot("wg").tunnel();
        return tunnel == null ? -1 : tunnel.peers().size();
    }

    private static ProtoWriter alter(String tag, String operation, ProtoWriter user) {
        return new ProtoWriter()
                .text(1, tag)
                .message(
                        2,
                        typed(
                                "xray.app.proxyman.command." + operation,
                                new ProtoWriter().message(1, user)));
    }

    private static List<String> users(Client client, String tag) {
        List<String> names = new ArrayList<>();
        client.call(HANDLER, "GetInboundUsers", new ProtoWriter().text(1, tag))
                .messages(1)
                .forEach(user -> names.add(user.text(2)));
        return names;
    }

    @Test
    void inboundsAndOutboundsComeAndGo() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = listening();
                Client client = Client.of(rig)) {
            ProtoWriter ports =
                    new ProtoWriter().message(1, new ProtoWriter().number(1, 0).number(2, 0));
            ProtoWriter receiver =
                    new ProtoWriter()
                            .message(1, ports)
                            .message(2, new ProtoWriter().bytes(1, new byte[] {127, 0, 0, 1}));
            ProtoWriter forward =
                    new ProtoWriter()
                            .message(1, new ProtoWriter().bytes(1, new byte[] {127, 0, 0, 1}))
                            .number(2, echo.port())
                            .bytes(7, new byte[] {2});
            ProtoWriter inbound =
                    new ProtoWriter()
                            .text(1, "forward")
                            .message(2, typed("xray.app.proxyman.ReceiverConfig", receiver))
                            .message(3, typed("xray.proxy.dokodemo.Config", forward));
            client.call(HANDLER, "AddInbound", new ProtoWriter().message(1, inbound));
            try (Socket socket = rig.connect("forward")) {
                socket.getOutputStream().write(42);
                assertThat(socket.getInputStream().read()).isEqualTo(42);
            }
            assertThat(
                            failure(() ->
                                            client.call(
                                                    HANDLER,
                                                    "AddInbound",
                                                    new ProtoWriter().message(1, inbound)))
                                    .getDescription())
                    .isEqualTo("api: an inbound has the tag \"forward\" already");
            client.call(HANDLER, "RemoveInbound", new ProtoWriter().text(1, "forward"));
            assertThat(rig.proxy().snapshot().inbounds())
                    .extracting(ProxySnapshot.Inbound::tag)
                    .doesNotContain("forward");

            ProtoWriter outbound =
                    new ProtoWriter()
                            .text(1, "more")
                            .message(3, typed("xray.proxy.freedom.Config", new ProtoWriter()));
            client.call(HANDLER, "AddOutbound", new ProtoWriter().message(1, outbound));
            assertThat(
                            client
                                    .call(HANDLER, "ListOutbounds", new ProtoWriter())
                                    .messages(1)
                                    .stream()
                                    .map(one -> one.text(1)))
                    .containsExactly("out", "none", "more");
            client.call(HANDLER, "RemoveOutbound", new ProtoWriter().text(1, "more"));
            assertThat(
                            failure(() ->
                                            client.call(
                                                    HANDLER,
                                                    "RemoveOutbound",
                                                    new ProtoWriter().text(1, "out")))
                                    .getDescription())
                    .contains("outbound out is still in use");
        }
    }

    @Test
    void rulesComeAndGoAndCanBeAsked() throws Exception {
        try (ProxyRig rig = listening();
                Client client = Client.of(rig)) {
            ProtoWriter context =
                    new ProtoWriter()
                            .text(1, "in")
                            .number(2, 2)
                            .number(6, 443)
                            .text(7, "www.example.net");
            ProtoWriter test = new ProtoWriter().message(1, context);
            assertThat(client.call(ROUTING, "TestRoute", test).text(12)).isEqualTo("out");
            ProtoWriter domain =
                    new ProtoWriter()
                            .message(2, new ProtoWriter().number(1, 2).text(2, "example.net"));
            ProtoWriter rule =
                    new ProtoWriter().text(1, "none").text(19, "blocked").message(2, domain);
            ProtoWriter config = new ProtoWriter().message(2, rule);
            client.call(
                    ROUTING,
                    "AddRule",
                    new ProtoWriter()
                            .message(1, typed("xray.app.router.Config", config))
                            .bool(2, true));
            assertThat(client.call(ROUTING, "TestRoute", test).text(12)).isEqualTo("none");
            ProtoFields listed =
                    client.call(ROUTING, "ListRule", new ProtoWriter()).messages(1).getFirst();
            assertThat(listed.text(1)).isEqualTo("none");
            assertThat(listed.text(2)).isEqualTo("blocked");
            client.call(ROUTING, "RemoveRule", new ProtoWriter().text(1, "blocked"));
            assertThat(client.call(ROUTING, "TestRoute", test).text(12)).isEqualTo("out");
        }
    }

    @Test
    void isReachedThroughAnInboundThatRulesSendToItsTag() throws Exception {
        String door =
                "{'tag':'api-in','protocol':'dokodemo-door','listen':'127.0.0.1','port':0,"
                        + "'settings':{'address':'127.0.0.1','port':1}}";
        String rules = ",'routing':{'rules':[{'inboundTag':['api-in'],'outboundTag':'api'}]}";
        try (ProxyRig rig = ProxyRig.start(file(door, "'tag':'api'", rules));
                Client client = new Client(rig.address("api-in"))) {
            assertThat(query(client, "inbound>>>api-in", false)).hasSize(2);
        }
    }

    @Test
    void listsItsServicesAndKnowsNoOthers() throws Exception {
        try (ProxyRig rig = listening();
                Client client = Client.of(rig)) {
            ProtoFields answer =
                    client.call(
                            "grpc.reflection.v1.ServerReflection",
                            "ServerReflectionInfo",
                            new ProtoWriter().bytes(7, new byte[0]));
            assertThat(answer.message(6).messages(1).stream().map(service -> service.text(1)))
                    .contains(STATS, HANDLER, ROUTING);
            assertThat(failure(() -> client.call(STATS, "Nothing", new ProtoWriter())).getCode())
                    .isEqualTo(Status.Code.UNIMPLEMENTED);
            assertThat(
                            failure(() ->
                                            client.call(
                                                    STATS,
                                                    "GetStats",
                                                    new ProtoWriter()
                                                            .number(1, 7)
                                                            .bytes(2, new byte[] {1})))
                                    .getCode())
                    .isIn(Status.Code.INVALID_ARGUMENT, Status.Code.NOT_FOUND);
        }
    }
}
