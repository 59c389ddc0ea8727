package io.culvert.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Calls the API of a running Culvert, or of Xray, as gRPC over HTTP/2 without TLS. Every method
 * waits for the answer, and throws an {@link IOException} that says why there is none.
 */
public final class ApiClient implements AutoCloseable {
    private static final String STATS = "/xray.app.stats.command.StatsService/";
    private static final String HANDLER = "/xray.app.proxyman.command.HandlerService/";
    private static final String ROUTING = "/xray.app.router.command.RoutingService/";
    private static final String LOGGER = "/xray.app.log.command.LoggerService/";
    private static final String USER = "user>>>";
    private static final String ONLINE = ">>>online";
    private static final int PREFIX = 5;

    private final EventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Channel channel;
    private final InetSocketAddress server;
    private final long seconds;

    /**
     * Connects.
     *
     * @param seconds how long each step may take
     */
    public ApiClient(InetSocketAddress server, long seconds) throws IOException {
        this.server = server;
        this.seconds = seconds;
        ChannelFuture connecting =
                new Bootstrap()
                        .group(loops)
                        .channel(NioSocketChannel.class)
                        .handler(
                                new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel made) {
                                        made.pipeline()
                                                .addLast(
                                                        Http2FrameCodecBuilder.forClient().build(),
                                                        new Http2MultiplexHandler(
                                                                new ChannelInboundHandlerAdapter()));
                                    }
                                })
                        .connect(server);
        channel = connecting.channel();
        if (!connecting.awaitUninterruptibly(seconds, TimeUnit.SECONDS)
                || !connecting.isSuccess()) {
            close();
            throw new IOException(
                    server + " cannot be reached: " + connecting.cause(), connecting.cause());
        }
    }

    /** Counters whose names contain the text, by name. */
    public SortedMap<String, Long> queryStats(String pattern, boolean reset) throws IOException {
        SortedMap<String, Long> found = new TreeMap<>();
        call(STATS + "QueryStats", new ProtoWriter().text(1, pattern).bool(2, reset))
                .messages(1)
                .forEach(stat -> found.put(stat.text(1), stat.number(2)));
        return found;
    }

    /** One counter. */
    public long stats(String name, boolean reset) throws IOException {
        return call(STATS + "GetStats", new ProtoWriter().text(1, name).bool(2, reset))
                .message(1)
                .number(2);
    }

    /** What the program itself takes, by Xray's names. */
    public SortedMap<String, Long> systemStats() throws IOException {
        ProtoFields answer = call(STATS + "GetSysStats", new ProtoWriter());
        SortedMap<String, Long> found = new TreeMap<>();
        found.put("Threads", answer.number(1));
        found.put("Alloc", answer.number(3));
        found.put("Sys", answer.number(5));
        found.put("Uptime", answer.number(10));
        return found;
    }

    /** How many addresses a user has connections from. */
    public long online(String user) throws IOException {
        return call(STATS + "GetStatsOnline", new ProtoWriter().text(1, USER + user + ONLINE))
                .message(1)
                .number(2);
    }

    /** The addresses that a user has connections from, and since when in seconds of 1970. */
    public SortedMap<String, Long> onlineAddresses(String user) throws IOException {
        SortedMap<String, Long> found = new TreeMap<>();
        call(STATS + "GetStatsOnlineIpList", new ProtoWriter().text(1, USER + user + ONLINE))
                .messages(2)
                .forEach(entry -> found.put(entry.text(1), entry.number(2)));
        return found;
    }

    /** The users who have connections. */
    public List<String> onlineUsers() throws IOException {
        return call(STATS + "GetAllOnlineUsers", new ProtoWriter()).texts(1).stream()
                .map(name ->
                        name.startsWith(USER) && name.endsWith(ONLINE)
                                ? name.substring(USER.length(), name.length() - ONLINE.length())
                                : name)
                .toList();
    }

    /** Adds an inbound. */
    public void addInbound(ApiElement inbound) throws IOException {
        call(HANDLER + "AddInbound", new ProtoWriter().message(1, inbound.message()));
    }

    /** Adds an outbound. */
    public void addOutbound(ApiElement outbound) throws IOException {
        call(HANDLER + "AddOutbound", new ProtoWriter().message(1, outbound.message()));
    }

    /** Adds a user to an inbound, or has them changed. */
    public void addUser(ApiElement user) throws IOException {
        alter(user.tag(), "AddUserOperation", new ProtoWriter().message(1, user.message()));
    }

    /** The tags of inbounds. */
    public List<String> inbounds() throws IOException {
        return tags(call(HANDLER + "ListInbounds", new ProtoWriter()));
    }

    /** The tags of outbounds. */
    public List<String> outbounds() throws IOException {
        return tags(call(HANDLER + "ListOutbounds", new ProtoWriter()));
    }

    private static List<String> tags(ProtoFields answer) {
        return answer.messages(1).stream().map(one -> one.text(1)).toList();
    }

    /**
     * The names of an inbound's users.
     *
     * @param name of the only one to look for; empty = all
     */
    public List<String> users(String inboundTag, String name) throws IOException {
        ProtoWriter request = new ProtoWriter().text(1, inboundTag).text(2, name);
        return call(HANDLER + "GetInboundUsers", request).messages(1).stream()
                .map(user -> user.text(2))
                .toList();
    }

    /** How many users an inbound has. */
    public long userCount(String inboundTag) throws IOException {
        return call(HANDLER + "GetInboundUsersCount", new ProtoWriter().text(1, inboundTag))
                .number(1);
    }

    /** The rules in order: what each leads to, and its tag, which may be empty. */
    public List<Map.Entry<String, String>> rules() throws IOException {
        return call(ROUTING + "ListRule", new ProtoWriter()).messages(1).stream()
                .map(rule -> Map.entry(rule.text(1), rule.text(2)))
                .toList();
    }

    /** As {@link LiveChanges#removeRule}. */
    public void removeRule(String ruleTag) throws IOException {
        call(ROUTING + "RemoveRule", new ProtoWriter().text(1, ruleTag));
    }

    /** Among which outbounds a balancer chooses, or the one that it was told to take. */
    public List<String> balancerTargets(String balancerTag) throws IOException {
        ProtoFields balancer =
                call(ROUTING + "GetBalancerInfo", new ProtoWriter().text(1, balancerTag))
                        .message(1);
        String override = balancer.message(5).text(2);
        return override.isEmpty() ? balancer.message(6).texts(1) : List.of(override);
    }

    /** As {@link LiveChanges#overrideBalancer}. */
    public void overrideBalancer(String balancerTag, String target) throws IOException {
        call(
                ROUTING + "OverrideBalancerTarget",
                new ProtoWriter().text(1, balancerTag).text(2, target));
    }

    /** Has log files opened anew. */
    public void restartLogger() throws IOException {
        call(LOGGER + "RestartLogger", new ProtoWriter());
    }

    /** As {@link LiveChanges#removeInbound}. */
    public void removeInbound(String tag) throws IOException {
        call(HANDLER + "RemoveInbound", new ProtoWriter().text(1, tag));
    }

    /** As {@link LiveChanges#removeOutbound}. */
    public void removeOutbound(String tag) throws IOException {
        call(HANDLER + "RemoveOutbound", new ProtoWriter().text(1, tag));
    }

    /** As {@link LiveChanges#removeUser}. */
    public void removeUser(String inboundTag, String name) throws IOException {
        alter(inboundTag, "RemoveUserOperation", new ProtoWriter().text(1, name));
    }

    private void alter(String inboundTag, String operation, ProtoWriter value) throws IOException {
        ProtoWriter typed = ApiElement.typed("xray.app.proxyman.command." + operation, value);
        call(HANDLER + "AlterInbound", new ProtoWriter().text(1, inboundTag).message(2, typed));
    }

    /** One call of a method with one message each way. */
    ProtoFields call(String path, ProtoWriter request) throws IOException {
        Answer answer = new Answer();
        byte[] message = request.toBytes();
        ByteBuf framed = Unpooled.buffer(PREFIX + message.length);
        framed.writeByte(0).writeInt(message.length).writeBytes(message);
        var opening = new Http2StreamChannelBootstrap(channel).handler(answer).open();
        if (!opening.awaitUninterruptibly(seconds, TimeUnit.SECONDS) || !opening.isSuccess()) {
            framed.release();
            throw new IOException(server + " takes no call: " + opening.cause(), opening.cause());
        }
        Channel stream = opening.getNow();
        var _ =
                stream.write(
                        new DefaultHttp2HeadersFrame(
                                new DefaultHttp2Headers()
                                        .method("POST")
                                        .scheme("http")
                                        .authority(server.getHostString() + ":" + server.getPort())
                                        .path(path)
                                        .set("te", "trailers")
                                        .set("content-type", "application/grpc")));
        var written = stream.writeAndFlush(new DefaultHttp2DataFrame(framed, true));
        written.addListener(done -> {
            if (!done.isSuccess()) {
                answer.done.completeExceptionally(done.cause());
            }
        });
        try {
            return ProtoFields.of(ByteBuffer.wrap(answer.done.get(seconds, TimeUnit.SECONDS)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (TimeoutException e) {
            throw new IOException(server + " does not answer", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(cause.getMessage(), cause);
        } catch (IllegalArgumentException e) {
            throw new IOException(server + " gives a malformed answer", e);
        }
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, seconds, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /** What comes back. */
    private static final class Answer extends ChannelInboundHandlerAdapter {
        final CompletableFuture<byte[]> done = new CompletableFuture<>();
        private final ByteBuf received = Unpooled.buffer();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            try {
                if (message instanceof Http2DataFrame data) {
                    received.writeBytes(data.content());
                } else if (message instanceof Http2HeadersFrame headers && headers.isEndStream()) {
                    end(
                            String.valueOf(headers.headers().get("grpc-status")),
                            headers.headers().get("grpc-message"));
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        private void end(String status, @Nullable CharSequence why) {
            if (!status.equals("0")) {
                done.completeExceptionally(
                        new IOException(
                                why == null
                                        ? "status " + status
                                        : URLDecoder.decode(
                                                why.toString().replace("+", "%2B"),
                                                StandardCharsets.UTF_8)));
            } else if (received.readableBytes() < PREFIX) {
                done.completeExceptionally(new IOException("an empty answer"));
            } else {
                received.skipBytes(PREFIX);
                byte[] bytes = new byte[received.readableBytes()];
                received.readBytes(bytes);
                done.complete(bytes);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            done.completeExceptionally(new IOException("the connection ended"));
            received.release();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            done.completeExceptionally(cause);
        }
    }
}
