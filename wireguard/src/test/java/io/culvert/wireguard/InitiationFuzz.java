package io.culvert.wireguard;

import static io.culvert.wireguard.FuzzInput.require;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Initiations of a peer, delivered in any order and changed in any way, with and without load. mac1
 * can be made anew by everybody who knows the public key, and so can mac2 by nobody but whom a
 * cookie was sent to. Only what the peer wrote is taken, each once, and none that is older.
 */
public final class InitiationFuzz {
    private static final int MAX_STEPS = 24;

    private final Pair pair = new Pair(1);
    private final List<byte[]> genuine = new ArrayList<>();
    private int newestTaken = -1;
    private long floodUntil = Long.MIN_VALUE;

    private InitiationFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        InitiationFuzz run = new InitiationFuzz();
        FuzzInput input = new FuzzInput(data);
        run.pair.bob.defer(input.flag());
        for (int step = 0; step < MAX_STEPS && !input.isEmpty(); step++) {
            run.step(input);
        }
    }

    private void step(FuzzInput input) {
        switch (input.octet() % 6) {
            case 0 -> initiate();
            case 1 -> pair.jump(input.octet() * Pair.MS);
            case 2 -> pair.bob.device.load(input.flag() ? 5_000 : 0, pair.now);
            case 3 -> pick(input, bytes -> give(bytes.clone()));
            case 4 -> pick(input, bytes -> give(input.mutate(bytes)));
            default ->
                    pick(
                            input,
                            bytes ->
                                    give(
                                            HandshakeForgery.mac1(
                                                    mutateBody(input, bytes), pair.bob)));
        }
    }

    /** Behind the type, so that there is something left to read. */
    private static byte[] mutateBody(FuzzInput input, byte[] message) {
        byte[] changed = Arrays.copyOf(input.mutate(message), InitiationMessage.LENGTH);
        System.arraycopy(message, 0, changed, 0, InitiationMessage.SENDER);
        return changed;
    }

    private void initiate() {
        pair.jump(6 * Pair.SECOND);
        pair.aliceToBob.initiate(pair.now);
        pair.alice.poll(pair.now).forEach(datagram -> genuine.add(datagram.bytes));
    }

    private void pick(FuzzInput input, java.util.function.Consumer<byte[]> action) {
        if (!genuine.isEmpty()) {
            action.accept(genuine.get(input.below(genuine.size())));
        }
    }

    private void give(byte[] bytes) {
        Device bob = pair.bob.device;
        int which = original(bytes);
        long taken = bob.counters().initiationsReceived();
        long cookies = bob.counters().dropped(Drop.COOKIE_SENT);
        long dropped = bob.counters().dropped();
        long before = Fingerprint.of(pair.bobToAlice);
        pair.bob.receive(bytes, pair.alice.address, pair.now);
        boolean accepted = bob.counters().initiationsReceived() > taken;
        boolean cookie = bob.counters().dropped(Drop.COOKIE_SENT) > cookies;
        if (accepted) {
            require(which >= 0, "only what the peer wrote");
            require(which > newestTaken, "none twice, and none that is older");
            require(pair.now >= floodUntil, "none within 20 ms");
            require(pair.alice.address.equals(pair.bobToAlice.endpoint()), "the endpoint moved");
            newestTaken = which;
            floodUntil = pair.now + 20 * Pair.MS;
            answers(ResponseMessage.LENGTH);
            return;
        }
        require(bob.counters().dropped() == dropped + 1, "what isn't taken is counted");
        require(Fingerprint.of(pair.bobToAlice) == before, "what isn't taken changes nothing");
        if (cookie) {
            require(hasMac1(bytes), "no cookie for those who don't know us");
            answers(CookieReplyMessage.LENGTH);
        } else {
            require(!bob.hasOutput(), "silence");
        }
    }

    private void answers(int length) {
        List<Datagram> answers = pair.bob.poll(pair.now);
        require(answers.size() == 1, "one answer");
        require(answers.getFirst().bytes.length == length, "of the right kind");
        require(answers.getFirst().destination.equals(pair.alice.address), "to where it came from");
    }

    /**
     * Which message the peer's own part comes from, if mac1 is good; sender index and mac2 are
     * free.
     */
    private int original(byte[] bytes) {
        if (!hasMac1(bytes)) {
            return -1;
        }
        for (int i = 0; i < genuine.size(); i++) {
            int from = InitiationMessage.EPHEMERAL;
            int to = InitiationMessage.MAC1;
            if (Arrays.equals(bytes, from, to, genuine.get(i), from, to)) {
                return i;
            }
        }
        return -1;
    }

    private boolean hasMac1(byte[] bytes) {
        return bytes.length == InitiationMessage.LENGTH
                && Wire.intLe(bytes, 0) == InitiationMessage.TYPE
                && Arrays.equals(HandshakeForgery.mac1(bytes.clone(), pair.bob), bytes);
    }
}
