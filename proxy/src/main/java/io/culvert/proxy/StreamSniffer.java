package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Listens to the first bytes of a parked connection. They stay parked, so that nothing is lost;
 * there is a limit to how many and to how long. Used on the connection's event loop.
 */
final class StreamSniffer {

    /**
     * As Xray: a ClientHello with a post-quantum key share has 2 KiB, a head of HTTP rarely more.
     */
    static final int MAX_BYTES = 32767;

    /** As Xray. A client that waits for its server to speak first waits that long for nothing. */
    private static final long SILENCE_MILLIS = 200;

    /** For the rest of a message whose beginning is there. */
    private static final long REST_MILLIS = 3000;

    /** From then on only after a quarter more, lest single bytes cost a look at all each. */
    private static final int MAX_LOOKS = 32;

    private static final List<Function<ByteBuf, Verdict>> PROTOCOLS =
            List.of(ClientHello::inRecords, HttpHead::in, BitTorrent::in);

    private final Channel client;
    private final Parking parking;
    private final Promise<Content> result;
    private final ByteBuf heard = Unpooled.buffer();
    private int looks;
    private int nextLook;
    private @Nullable Future<?> timer;

    private StreamSniffer(Channel client, Parking parking) {
        this.client = client;
        this.parking = parking;
        this.result = client.eventLoop().newPromise();
    }

    /**
     * Reads from the connection until it is known what it is, or that this won't be known.
     *
     * @return done on the connection's event loop; cancelled if the client goes
     */
    static Future<Content> listen(Channel client, Parking parking) {
        StreamSniffer sniffer = new StreamSniffer(client, parking);
        sniffer.begin();
        return sniffer.result;
    }

    /** What a stream that begins like this is. */
    static Verdict look(ByteBuf stream) {
        boolean open = false;
        for (Function<ByteBuf, Verdict> protocol : PROTOCOLS) {
            switch (protocol.apply(stream)) {
                case Verdict.Heard found -> {
                    return found;
                }
                case Verdict.Open.MORE -> open = true;
                case Verdict.Open.NEVER -> {}
            }
        }
        return open ? Verdict.Open.MORE : Verdict.Open.NEVER;
    }

    private void begin() {
        parking.whenGone(client, this::gone);
        if (result.isDone()) {
            return;
        }
        patience(SILENCE_MILLIS);
        parking.show(this::arrived, this::end);
        if (!result.isDone()) {
            client.config().setAutoRead(true);
        }
    }

    private void arrived(ByteBuf bytes) {
        if (result.isDone()) {
            return;
        }
        if (!heard.isReadable()) {
            patience(REST_MILLIS);
        }
        int length = Math.min(bytes.readableBytes(), MAX_BYTES - heard.readableBytes());
        heard.writeBytes(bytes, bytes.readerIndex(), length);
        boolean full = heard.readableBytes() == MAX_BYTES;
        if (++looks > MAX_LOOKS && heard.readableBytes() < nextLook && !full) {
            return;
        }
        nextLook = heard.readableBytes() + heard.readableBytes() / 4;
        switch (look(heard)) {
            case Verdict.Heard(Content content) -> finish(content);
            case Verdict.Open.NEVER -> finish(Content.UNKNOWN);
            case Verdict.Open.MORE -> {
                if (full) {
                    finish(Content.UNKNOWN);
                }
            }
        }
    }

    private void end() {
        finish(look(heard) instanceof Verdict.Heard(Content content) ? content : Content.UNKNOWN);
    }

    private void patience(long millis) {
        stopTimer();
        timer = client.eventLoop().schedule(this::end, millis, TimeUnit.MILLISECONDS);
    }

    private void finish(Content content) {
        if (!result.isDone()) {
            stopTimer();
            client.config().setAutoRead(false);
            parking.hide();
            result.setSuccess(content);
        }
    }

    private void gone() {
        stopTimer();
        result.cancel(false);
    }

    private void stopTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}
