package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers questions that clients send to any name server, over UDP and TCP, by rules. */
final class DnsOutbound implements Outbound {

    /** Questions of one client that may wait for their answers. */
    private static final int MAX_WAITING = 256;

    /**
     * What a file may ask of it.
     *
     * @param network by which questions are handed on; null = as they come
     * @param host to which they are handed on; null = the one that the client asks
     * @param port 0 = the one that the client asks
     * @param rules the last of which takes everything
     */
    record Settings(@Nullable Network network, @Nullable String host, int port, List<DnsRule> rules)
            implements OutboundSettings {}

    private final String tag;
    private final Services services;
    private final Outbound way;
    private final DnsResponder responder;
    private final Traffic traffic = new Traffic();

    /**
     * An outbound.
     *
     * @param way by which questions are handed on that are not answered here
     */
    DnsOutbound(String tag, Settings settings, Services services, Outbound way) {
        this.tag = tag;
        this.services = services;
        this.way = way;
        this.responder =
                new DnsResponder(settings.rules(), services.dns(), new DnsForward(settings, way));
    }

    @Override
    public String tag() {
        return tag;
    }

    @Override
    public String protocol() {
        return "dns";
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    @Override
    public Future<DuplexChannel> connect(Session session, EventLoop loop) {
        Promise<DuplexChannel> result = loop.newPromise();
        MemoryChannel channel = new MemoryChannel(server -> new DnsStream(session, server));
        channel.pipeline().addLast(new Sockets.ParkingInitializer());
        channel.config().setAutoRead(false);
        services.open().add(channel);
        loop.register(channel)
                .addListener(done -> {
                    if (done.isSuccess()) {
                        result.trySuccess(channel);
                    } else {
                        result.tryFailure(done.cause());
                    }
                });
        return result;
    }

    @Override
    public UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver) {
        return new Port(session, loop, receiver);
    }

    @Override
    public Future<?> close() {
        return way.close();
    }

    /** Answers datagrams. */
    private final class Port implements UdpPort {
        private final Session session;
        private final EventLoop loop;
        private final UdpReceiver receiver;
        private int waiting;
        private boolean closed;

        Port(Session session, EventLoop loop, UdpReceiver receiver) {
            this.session = session;
            this.loop = loop;
            this.receiver = receiver;
        }

        @Override
        public void send(InetSocketAddress destination, ByteBuf payload) {
            DnsRequest request = DnsRequest.read(payload);
            payload.release();
            if (request == null || closed || waiting >= MAX_WAITING) {
                return;
            }
            waiting++;
            Session asked = session.to(Destination.of(Network.UDP, destination));
            // Not from within the sender's call.
            loop.execute(() ->
                    responder.answer(
                            request,
                            asked,
                            loop,
                            response -> answered(destination, request.fitted(response))));
        }

        private void answered(InetSocketAddress from, ByteBuf response) {
            waiting--;
            if (closed) {
                response.release();
                return;
            }
            receiver.datagram(from, response);
            receiver.readComplete();
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            closed = true;
        }
    }

    /** Answers what comes over one connection (RFC 1035 section 4.2.2). */
    private final class DnsStream implements MemoryChannel.Peer {
        private final Session session;
        private final MemoryChannel channel;
        private final ByteBuf received = Unpooled.buffer();
        private int waiting;
        private boolean ended;

        DnsStream(Session session, MemoryChannel channel) {
            this.session = session;
            this.channel = channel;
        }

        @Override
        public void received(ByteBuf bytes) {
            received.writeBytes(bytes);
            bytes.release();
            while (received.readableBytes() >= 2
                    && received.readableBytes() - 2
                            >= received.getUnsignedShort(received.readerIndex())) {
                ByteBuf message =
                        received.readSlice(2 + received.getUnsignedShort(received.readerIndex()));
                DnsRequest request = DnsRequest.read(message.skipBytes(2));
                if (request == null || waiting >= MAX_WAITING) {
                    var _ = channel.close();
                    return;
                }
                waiting++;
                responder.answer(request, session, channel.eventLoop(), this::answered);
            }
            received.discardSomeReadBytes();
        }

        private void answered(ByteBuf response) {
            waiting--;
            int length = response.readableBytes();
            channel.feed(Unpooled.wrappedBuffer(Unpooled.buffer(2).writeShort(length), response));
            finishIfEnded();
        }

        @Override
        public void ended() {
            ended = true;
            finishIfEnded();
        }

        private void finishIfEnded() {
            if (ended && waiting == 0) {
                channel.feedEnd();
            }
        }
    }
}
