package io.culvert.wireguard;

import static io.culvert.wireguard.FuzzInput.require;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Responses of a peer, old and new, changed in any way, with mac1 made anew and with and without
 * load. Only the peer's answer to the handshake that is open is taken, and once.
 */
public final class ResponseFuzz {
    private static final int MAX_STEPS = 24;

    private final Pair pair = new Pair(1);
    private final List<byte[]> genuine = new ArrayList<>();
    private int open = -1;

    private ResponseFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        ResponseFuzz run = new ResponseFuzz();
        FuzzInput input = new FuzzInput(data);
        run.pair.alice.defer(input.flag());
        run.initiate(true);
        for (int step = 0; step < MAX_STEPS && !input.isEmpty(); step++) {
            run.step(input);
        }
    }

    private void step(FuzzInput input) {
        switch (input.octet() % 6) {
            case 0 -> initiate(input.flag());
            case 1 -> pair.jump(input.octet() * Pair.MS);
            case 2 -> pair.alice.device.load(input.flag() ? 5_000 : 0, pair.now);
            case 3 -> give(pick(input).clone());
            case 4 -> give(input.mutate(pick(input)));
            default -> give(HandshakeForgery.mac1(mutateBody(input, pick(input)), pair.alice));
        }
    }

    private static byte[] mutateBody(FuzzInput input, byte[] message) {
        byte[] changed = Arrays.copyOf(input.mutate(message), ResponseMessage.LENGTH);
        System.arraycopy(message, 0, changed, 0, ResponseMessage.SENDER);
        return changed;
    }

    private byte[] pick(FuzzInput input) {
        return genuine.get(input.below(genuine.size()));
    }

    /** Begins a handshake; the response arrives only if {@link #give} delivers it. */
    private void initiate(boolean answered) {
        pair.jump(6 * Pair.SECOND);
        pair.aliceToBob.initiate(pair.now);
        for (Datagram initiation : pair.alice.poll(pair.now)) {
            if (!initiation.isInitiation()) {
                continue;
            }
            open = -1;
            if (answered) {
                pair.carry(initiation);
                open = genuine.size();
                pair.bob.poll(pair.now).forEach(datagram -> genuine.add(datagram.bytes));
            }
        }
    }

    private void give(byte[] bytes) {
        Device alice = pair.alice.device;
        boolean expected = isOpenOnes(bytes);
        long taken = alice.counters().responsesReceived();
        long before = Fingerprint.of(pair.aliceToBob);
        long refused = refusedByLoad();
        pair.alice.receive(bytes, pair.bob.address, pair.now);
        boolean accepted = alice.counters().responsesReceived() > taken;
        require(!accepted || expected, "only the answer to what is open");
        if (accepted) {
            open = -1;
            require(pair.aliceToBob.hasSession(pair.now), "a session stands");
            require(pair.alice.poll(pair.now).getFirst().isKeepalive(), "and is confirmed");
            return;
        }
        boolean refusedByLoad = refusedByLoad() > refused;
        require(!expected || refusedByLoad, "the peer's answer is taken");
        require(Fingerprint.of(pair.aliceToBob) == before, "what isn't taken changes nothing");
        for (Datagram answer : pair.alice.poll(pair.now)) {
            require(answer.isCookieReply() && refusedByLoad, "silence, or a cookie");
        }
    }

    /** Asked for a cookie, beyond its share of cookie replies, or beyond its share of answers. */
    private long refusedByLoad() {
        DeviceCounters counters = pair.alice.device.counters();
        return counters.dropped(Drop.COOKIE_SENT)
                + counters.dropped(Drop.COOKIE_REPLIES_FULL)
                + counters.dropped(Drop.RATE_LIMITED);
    }

    /** The peer's own part; its sender index is covered by mac1 only. */
    private boolean isOpenOnes(byte[] bytes) {
        int from = ResponseMessage.RECEIVER;
        int to = ResponseMessage.MAC1;
        return open >= 0
                && bytes.length == ResponseMessage.LENGTH
                && Wire.intLe(bytes, 0) == ResponseMessage.TYPE
                && Arrays.equals(HandshakeForgery.mac1(bytes.clone(), pair.alice), bytes)
                && Arrays.equals(bytes, from, to, genuine.get(open), from, to);
    }
}
