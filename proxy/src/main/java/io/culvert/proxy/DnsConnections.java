package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks over a connection that many questions share and that is closed when there are none (RFC 7766
 * section 6.2). Where an old connection turns out to be dead, the question is asked once more over
 * a new one. Lives on the resolver's loop; the connection may live on another.
 */
@SuppressWarnings("FutureReturnValueIgnored") // closing a connection that nobody needs
final class DnsConnections implements DnsTransport {
    private static final long IDLE_SECONDS = 15;

    private final DnsCarrier carrier;
    private final Destination server;
    private final EventLoop home;
    private final DnsDialogue dialogue;
    private @Nullable Connection current;

    DnsConnections(DnsCarrier carrier, Destination server, EventLoop home, DnsDialogue dialogue) {
        this.carrier = carrier;
        this.server = server;
        this.home = home;
        this.dialogue = dialogue;
    }

    @Override
    public void ask(DnsQuery query, Promise<DnsReply> reply) {
        Connection open = current;
        if (open == null) {
            open = connect();
        }
        open.ask(query, reply);
    }

    @Override
    public boolean goesBy(String outboundTag) {
        return carrier.goesBy(server, outboundTag);
    }

    @Override
    public void close() {
        Connection open = current;
        if (open != null) {
            open.retire();
        }
    }

    private Connection connect() {
        Connection fresh = new Connection();
        current = fresh;
        carrier.connect(server, home).addListener(fresh::connected);
        return fresh;
    }

    private final class Connection {
        private final Promise<DnsDialogue.Asking> ready = home.newPromise();
        private @Nullable Channel channel;
        private @Nullable Future<?> idle;
        private int underway;
        private boolean answered;
        private boolean retired;

        void connected(Future<? super DuplexChannel> dialed) {
            if (!dialed.isSuccess()) {
                retire();
                ready.tryFailure(dialed.cause());
                return;
            }
            Channel fresh = (Channel) dialed.getNow();
            channel = fresh;
            fresh.closeFuture().addListener(closed -> onHome(this::gone));
            onLoop(
                    fresh,
                    () -> {
                        dialogue.begin(fresh, ready);
                        Parking.release(fresh);
                        fresh.config().setAutoRead(true);
                    });
            if (retired) {
                rest();
            }
        }

        private void gone() {
            retire();
            ready.tryFailure(closedByServer());
        }

        void ask(DnsQuery query, Promise<DnsReply> reply) {
            boolean old = answered;
            underway++;
            if (idle != null) {
                idle.cancel(false);
            }
            Promise<DnsReply> asked = home.newPromise();
            reply.addListener(done -> {
                if (asked.cancel(false) && reply.cause() instanceof DialException) {
                    // Silence: whatever comes next had better not rely on this connection.
                    retire();
                }
            });
            asked.addListener((Future<DnsReply> done) -> {
                underway--;
                if (done.isSuccess()) {
                    answered = true;
                    reply.trySuccess(done.getNow());
                } else if (old && !done.isCancelled() && !reply.isDone()) {
                    retire();
                    DnsConnections.this.ask(query, reply);
                } else if (!done.isCancelled()) {
                    reply.tryFailure(failure(done.cause()));
                }
                rest();
            });
            ready.addListener((Future<DnsDialogue.Asking> begun) -> {
                Channel open = channel;
                if (begun.isSuccess() && open != null) {
                    DnsDialogue.Asking asking = begun.getNow();
                    onLoop(open, () -> asking.ask(query, asked));
                } else {
                    asked.tryFailure(failure(begun.cause()));
                }
            });
        }

        private void rest() {
            Channel open = channel;
            if (underway > 0 || open == null) {
                return;
            }
            if (retired) {
                open.close();
            } else {
                idle = home.schedule(this::retire, IDLE_SECONDS, TimeUnit.SECONDS);
            }
        }

        /** Takes no more questions, and closes when those it has are answered. */
        void retire() {
            retired = true;
            if (current == this) {
                current = null;
            }
            if (idle != null) {
                idle.cancel(false);
            }
            rest();
        }
    }

    private DialException closedByServer() {
        return new DialException(
                Failure.RESOLVE,
                "the name server " + server.authority() + " closed the connection");
    }

    private DialException failure(Throwable cause) {
        return cause instanceof DialException known
                ? known
                : new DialException(
                        Failure.RESOLVE,
                        "the name server "
                                + server.authority()
                                + " can't be asked: "
                                + cause.getMessage(),
                        cause);
    }

    private void onHome(Runnable work) {
        if (home.inEventLoop()) {
            work.run();
        } else {
            home.execute(work);
        }
    }

    private static void onLoop(Channel channel, Runnable work) {
        if (channel.eventLoop().inEventLoop()) {
            work.run();
        } else {
            channel.eventLoop().execute(work);
        }
    }
}
