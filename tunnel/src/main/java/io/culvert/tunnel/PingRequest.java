package io.culvert.tunnel;

import io.culvert.netstack.EchoRequest;
import io.culvert.netstack.Refusal;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A client's ping of an address that isn't the tunnel's own (ICMP echo request), not answered yet.
 * Whoever takes it asks the real host. Thread-safe; the first answer counts, and none does after
 * ten seconds or when the client has too many that wait.
 */
public final class PingRequest {
    private final ForwardedPings pings;
    private final InetAddress source;
    private final InetAddress destination;
    private final int hopLimit;
    private final byte[] payload;

    /** Null once it was answered or forgotten; on the loop only. */
    private @Nullable EchoRequest request;

    /** Whose it is, and since when it waits; for {@link ForwardedPings}. */
    final ForwardedPings.Share share;

    final long since;

    PingRequest(ForwardedPings pings, EchoRequest request, ForwardedPings.Share share, long since) {
        this.pings = pings;
        this.request = request;
        this.share = share;
        this.since = since;
        source = request.source();
        destination = request.destination();
        hopLimit = request.hopLimit();
        payload = request.payload();
    }

    /** The client. */
    public InetAddress source() {
        return source;
    }

    /** Whom it pings. */
    public InetAddress destination() {
        return destination;
    }

    /** TTL or hop limit that was left when it came, 2..255. */
    public int hopLimit() {
        return hopLimit;
    }

    /** What the request carries and the answer repeats; not to be changed. */
    public byte[] payload() {
        return payload;
    }

    /** The host answered: so does the tunnel in its name. */
    public void reply() {
        pings.onLoop(() -> {
            EchoRequest waiting = forget();
            if (waiting != null) {
                waiting.reply();
            }
        });
    }

    /** The host did not answer: the client is told in the way that {@code how} describes. */
    public void refuse(Refusal how) {
        pings.onLoop(() -> {
            EchoRequest waiting = forget();
            if (waiting != null) {
                waiting.refuse(how);
            }
        });
    }

    /** Ends waiting; null if it had ended. */
    @Nullable EchoRequest forget() {
        EchoRequest waiting = request;
        if (waiting != null) {
            request = null;
            pings.over(this);
        }
        return waiting;
    }

    @Override
    public String toString() {
        return source.getHostAddress() + " pings " + destination.getHostAddress();
    }
}
