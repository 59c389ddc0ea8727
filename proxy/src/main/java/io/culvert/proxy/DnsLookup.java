package io.culvert.proxy;

import io.culvert.tunnel.Tunnel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryEncoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseDecoder;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.util.concurrent.Future;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One question to name servers inside a tunnel, over UDP, until one of them answers. Every attempt
 * has a socket, and so a port, and a number of its own: who wants to forge an answer has to guess
 * both.
 */
@SuppressWarnings("FutureReturnValueIgnored") // of sockets that are closed in any case
final class DnsLookup {

    /**
     * What was found.
     *
     * @param isKnown whether a server answered at all
     * @param addresses empty if the name has none of the family
     */
    record Answer(boolean isKnown, List<InetAddress> addresses, long ttlSeconds) {
        static final Answer NONE = new Answer(false, List.of(), 0);
    }

    private static final int ROUNDS = 2;
    private static final long FIRST_ROUND_MILLIS = 2000;
    private static final long SECOND_ROUND_MILLIS = 4000;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Tunnel tunnel;
    private final List<InetSocketAddress> servers;
    private final String name;
    private final DnsRecordType type;
    private final EventLoop loop;
    private final Consumer<Answer> then;
    private int attempt;

    private DnsLookup(
            Tunnel tunnel,
            List<InetSocketAddress> servers,
            String name,
            DnsRecordType type,
            EventLoop loop,
            Consumer<Answer> then) {
        this.tunnel = tunnel;
        this.servers = servers;
        this.name = name;
        this.type = type;
        this.loop = loop;
        this.then = then;
    }

    /**
     * Asks. On the tunnel's loop, where {@code then} is called, once.
     *
     * @param name ASCII, lower case, without the last dot
     */
    static void begin(
            Tunnel tunnel,
            List<InetSocketAddress> servers,
            String name,
            DnsRecordType type,
            EventLoop loop,
            Consumer<Answer> then) {
        new DnsLookup(tunnel, servers, name, type, loop, then).next();
    }

    private void next() {
        if (attempt == servers.size() * ROUNDS) {
            then.accept(Answer.NONE);
            return;
        }
        InetSocketAddress server = servers.get(attempt % servers.size());
        long patience = attempt < servers.size() ? FIRST_ROUND_MILLIS : SECOND_ROUND_MILLIS;
        attempt++;
        Attempt asking = new Attempt(server);
        ChannelFuture binding =
                tunnel.bindUdp(server.getAddress() instanceof Inet6Address, asking.initializer());
        binding.addListener(bound -> {
            if (bound.isSuccess()) {
                asking.ask(binding.channel(), patience);
            } else {
                next();
            }
        });
    }

    /** One query to one server. */
    private final class Attempt extends SimpleChannelInboundHandler<DatagramDnsResponse> {
        private final InetSocketAddress server;
        private final int id = RANDOM.nextInt(1 << 16);
        private @Nullable Future<?> timeout;
        private boolean over;

        Attempt(InetSocketAddress server) {
            this.server = server;
        }

        ChannelInitializer<Channel> initializer() {
            return new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                    channel.pipeline()
                            .addLast(
                                    new DatagramDnsQueryEncoder(),
                                    new DatagramDnsResponseDecoder(),
                                    Attempt.this);
                }
            };
        }

        void ask(Channel channel, long patienceMillis) {
            timeout =
                    loop.schedule(() -> end(channel, null), patienceMillis, TimeUnit.MILLISECONDS);
            DatagramDnsQuery query = new DatagramDnsQuery(null, server, id);
            query.setRecursionDesired(true);
            query.addRecord(DnsSection.QUESTION, new DefaultDnsQuestion(name + ".", type));
            channel.writeAndFlush(query);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramDnsResponse response) {
            if (response.id() != id || !response.sender().equals(server)) {
                return;
            }
            DnsAnswerReader reader = new DnsAnswerReader(name, type);
            if (reader.answersQuestion(response)) {
                end(ctx.channel(), reader.read(response));
            }
        }

        /** Nonsense may be forged: the true answer may still come. */
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            Log.debug("dns: " + cause);
        }

        private void end(Channel channel, @Nullable Answer answer) {
            if (over) {
                return;
            }
            over = true;
            if (timeout != null) {
                timeout.cancel(false);
            }
            channel.close();
            if (answer == null) {
                next();
            } else {
                then.accept(answer);
            }
        }
    }
}
