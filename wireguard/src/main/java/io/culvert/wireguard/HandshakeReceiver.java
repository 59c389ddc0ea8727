package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Receives initiations, responses and cookie replies: everything that is decided without a DH, the
 * cheapest check first.
 */
final class HandshakeReceiver {
    private final Device device;
    private final DeviceCounters counters;
    private final HandshakeSteps steps;
    private final InlineHandshakes inline;
    private final HandshakeLoans loans;
    private final CookieChecker cookies;
    private final RateLimiter proven;
    private final RateLimiter replied;
    private final byte[] message = new byte[InitiationMessage.LENGTH];
    private boolean deferring;
    private int waiting;
    private long underLoadUntil = Constants.LONG_AGO;

    HandshakeReceiver(Device device, SipHash hash) {
        this.device = device;
        counters = device.counters;
        steps = device.handshakeSteps;
        inline = device.inlineHandshakes;
        loans = device.handshakeLoans;
        proven = new RateLimiter(hash);
        replied = new RateLimiter(hash);
        cookies = new CookieChecker(device.crypto, device.entropy, replied);
    }

    /** Says whether messages wait to be lent out. */
    void defer(boolean on) {
        deferring = on;
    }

    /**
     * Takes the number of handshakes that wait outside; the load lasts a second longer than it is
     * seen.
     */
    void load(int handshakesWaiting, long now) {
        waiting = handshakesWaiting;
        isUnderLoad(now);
    }

    void receive(
            int type,
            MemorySegment m,
            long offset,
            int length,
            InetSocketAddress source,
            long now) {
        int expected =
                switch (type) {
                    case InitiationMessage.TYPE -> InitiationMessage.LENGTH;
                    case ResponseMessage.TYPE -> ResponseMessage.LENGTH;
                    case CookieReplyMessage.TYPE -> CookieReplyMessage.LENGTH;
                    default -> -1;
                };
        if (length != expected) {
            counters.drop(Drop.MALFORMED);
            return;
        }
        LocalIdentity local = device.identity();
        if (local == null) {
            counters.drop(Drop.NO_PRIVATE_KEY);
            return;
        }
        MemorySegment.copy(m, Wire.BYTE, offset, message, 0, length);
        Drop refusal =
                switch (type) {
                    case InitiationMessage.TYPE ->
                            handshake(local, InitiationMessage.MAC1, source, now);
                    case ResponseMessage.TYPE ->
                            handshake(local, ResponseMessage.MAC1, source, now);
                    default -> cookieReply(now);
                };
        if (refusal != null) {
            counters.drop(refusal);
        }
    }

    /** When sources are to be forgotten that are idle. */
    long nextDeadline() {
        return Math.min(proven.nextDeadline(), replied.nextDeadline());
    }

    void handleTimers(long now) {
        proven.handleTimers(now);
        replied.handleTimers(now);
    }

    void destroy() {
        Arrays.fill(message, (byte) 0);
        cookies.destroy();
    }

    private @Nullable Drop handshake(
            LocalIdentity local, int mac1, InetSocketAddress source, long now) {
        Drop refusal = checkMacs(local, mac1, source, now);
        if (refusal != null) {
            return refusal;
        }
        if (deferring) {
            return loans.defer(message, source);
        }
        inline.process(message, source, now);
        return null;
    }

    private @Nullable Drop cookieReply(long now) {
        int receiver = Wire.intLe(message, CookieReplyMessage.RECEIVER);
        IndexTable.Owner owner = device.indices.find(receiver);
        if (owner == null) {
            return Drop.UNKNOWN_INDEX;
        }
        if (!owner.peer().cookies.consume(message, now)) {
            return Drop.NOT_AUTHENTIC;
        }
        counters.cookieRepliesReceived++;
        return null;
    }

    /** Null when the message deserves the four scalar multiplications it may cost. */
    private @Nullable Drop checkMacs(
            LocalIdentity local, int mac1, InetSocketAddress source, long now) {
        if (!cookies.validMac1(local, message, mac1)) {
            return Drop.INVALID_MAC1;
        }
        if (mac1 == ResponseMessage.MAC1 && steps.asked(message) == null) {
            return Drop.UNKNOWN_INDEX;
        }
        if (!isUnderLoad(now)) {
            return null;
        }
        if (cookies.validMac2(message, mac1, source, now)) {
            return proven.allow(source.getAddress(), now) ? null : Drop.RATE_LIMITED;
        }
        if (!cookies.mayReply(source, now) || device.output.isCookieRepliesFull()) {
            return Drop.COOKIE_REPLIES_FULL;
        }
        device.output.addCookieReply(cookies.reply(local, message, mac1, source, now), source);
        return Drop.COOKIE_SENT;
    }

    private boolean isUnderLoad(long now) {
        if (Math.max(waiting, loans.waiting()) >= Constants.UNDER_LOAD_HANDSHAKES) {
            underLoadUntil = now + Constants.UNDER_LOAD_LINGER;
        }
        return now < underLoadUntil;
    }
}
