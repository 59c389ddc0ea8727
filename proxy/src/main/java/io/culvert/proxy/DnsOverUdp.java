package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks by datagrams (RFC 1035 section 4.2.1). Every question has a socket, and so a port, and a
 * number of its own: who wants to forge an answer has to guess both (RFC 5452). What doesn't fit
 * into a datagram is asked again over TCP.
 */
final class DnsOverUdp implements DnsTransport {

    /** A datagram may be lost, either way; the server's answer to the first is still good. */
    private static final long[] RESEND_MILLIS = {800, 2000};

    private static final SecureRandom RANDOM = new SecureRandom();

    private final DnsCarrier carrier;
    private final Destination server;
    private final EventLoop home;
    private final DnsTransport overTcp;

    /** A transport; what is truncated is asked of {@code overTcp}. */
    DnsOverUdp(DnsCarrier carrier, Destination server, EventLoop home, DnsTransport overTcp) {
        this.carrier = carrier;
        this.server = server;
        this.home = home;
        this.overTcp = overTcp;
    }

    @Override
    public void ask(DnsQuery query, Promise<DnsReply> reply) {
        Exchange exchange = new Exchange(query, reply);
        exchange.begin();
        reply.addListener(done -> exchange.end());
    }

    @Override
    public boolean goesBy(String outboundTag) {
        return carrier.goesBy(server, outboundTag);
    }

    @Override
    public void close() {
        overTcp.close();
    }

    private final class Exchange implements UdpReceiver {
        private final DnsQuery query;
        private final Promise<DnsReply> reply;
        private final InetSocketAddress to = server.socketAddress();
        private final int id = RANDOM.nextInt(1 << 16);
        private @Nullable UdpPort port;
        private @Nullable Future<?> timer;
        private int resent;
        private boolean over;

        Exchange(DnsQuery query, Promise<DnsReply> reply) {
            this.query = query;
            this.reply = reply;
        }

        void begin() {
            port = carrier.openUdp(server, home, this);
            send();
        }

        private void send() {
            UdpPort open = port;
            if (open == null || over) {
                return;
            }
            open.send(to, query.encode(ByteBufAllocator.DEFAULT, id));
            open.flush();
            // Sending may have ended it already.
            if (resent < RESEND_MILLIS.length && !over) {
                timer = home.schedule(this::send, RESEND_MILLIS[resent], TimeUnit.MILLISECONDS);
                resent++;
            }
        }

        @Override
        public void datagram(InetSocketAddress from, ByteBuf payload) {
            DnsReply read = null;
            try {
                if (!over && isServer(from)) {
                    read = DnsAnswerReader.read(payload, id, query);
                }
            } finally {
                payload.release();
            }
            if (read == null) {
                // It may be forged: the true answer may still come.
                return;
            }
            end();
            if (read.isTruncated()) {
                overTcp.ask(query, reply);
            } else {
                reply.trySuccess(read);
            }
        }

        /** Of a server that is given by name, the outbound alone knows the address. */
        private boolean isServer(InetSocketAddress from) {
            return to.isUnresolved() ? from.getPort() == to.getPort() : from.equals(to);
        }

        @Override
        public void unreached(InetSocketAddress destination, Failure why) {
            end();
            reply.tryFailure(
                    new DialException(
                            Failure.RESOLVE,
                            "the name server " + server.authority() + " can't be reached"));
        }

        @Override
        public void readComplete() {}

        private void end() {
            if (over) {
                return;
            }
            over = true;
            if (timer != null) {
                timer.cancel(false);
            }
            // Not from within the port's own call.
            UdpPort open = port;
            if (open != null) {
                home.execute(open::close);
            }
        }
    }
}
