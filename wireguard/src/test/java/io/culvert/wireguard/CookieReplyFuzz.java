package io.culvert.wireguard;

import static io.culvert.wireguard.FuzzInput.require;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cookie replies to an initiator, old and new and changed in any way. Only the reply to its last
 * message is taken, once, and then proves its address; nothing but the cookie changes.
 */
public final class CookieReplyFuzz {
    private static final int MAX_STEPS = 40;

    private final Pair pair = new Pair(1);
    private final List<byte[]> replies = new ArrayList<>();
    private byte @Nullable [] expected;

    private CookieReplyFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        CookieReplyFuzz run = new CookieReplyFuzz();
        FuzzInput input = new FuzzInput(data);
        run.initiate();
        for (int step = 0; step < MAX_STEPS && !input.isEmpty(); step++) {
            run.step(input);
        }
    }

    private void step(FuzzInput input) {
        switch (input.octet() % 4) {
            case 0 -> initiate();
            case 1 -> pair.jump(input.octet() * Pair.SECOND);
            case 2 -> give(pick(input).clone());
            default -> give(input.mutate(pick(input)));
        }
    }

    private byte[] pick(FuzzInput input) {
        return replies.get(input.below(replies.size()));
    }

    /** An initiation under load, whose answer is kept; what has a cookie gets through. */
    private void initiate() {
        pair.jump(6 * Pair.SECOND);
        pair.bob.device.load(5_000, pair.now);
        pair.aliceToBob.initiate(pair.now);
        for (Datagram initiation : pair.alice.poll(pair.now)) {
            pair.carry(initiation);
            expected = null;
            for (Datagram answer : pair.bob.poll(pair.now)) {
                if (answer.isCookieReply()) {
                    expected = answer.bytes;
                    replies.add(answer.bytes);
                }
            }
        }
    }

    private void give(byte[] bytes) {
        Device alice = pair.alice.device;
        boolean right = expected != null && Arrays.equals(bytes, expected);
        long taken = alice.counters().cookieRepliesReceived();
        long deadline = alice.nextDeadline();
        long before = Fingerprint.of(pair.aliceToBob);
        pair.alice.receive(bytes, pair.bob.address, pair.now);
        boolean accepted = alice.counters().cookieRepliesReceived() > taken;
        require(accepted == right, "the reply to the last message, once");
        require(accepted != (Fingerprint.of(pair.aliceToBob) == before), "changed if taken");
        require(alice.nextDeadline() == deadline, "no timer moves");
        require(!alice.hasOutput(), "nothing is sent because of it");
        if (accepted) {
            expected = null;
        }
    }
}
