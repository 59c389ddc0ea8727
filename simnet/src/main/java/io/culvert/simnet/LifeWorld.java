package io.culvert.simnet;

import io.culvert.wireguard.PublicKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Bare devices on a virtual network, and everything that is known of them from outside. */
final class LifeWorld {
    private static final long SECOND = 1_000_000_000L;

    private final SeededRandom random;
    private final Scheduler scheduler = new Scheduler();
    private final Trace trace;
    private final VirtualNetwork network;
    private final LifeArchive archive = new LifeArchive();
    private final LifePackets packets = new LifePackets();
    private final LifeForger forger = new LifeForger();
    private final LifeEntropy.Indices indices = new LifeEntropy.Indices();
    private final Map<PublicKey, LifeNode> owners = new HashMap<>();
    private final List<LifeNode> nodes = new ArrayList<>();
    private Consumer<LifeArchive.Entry> onlooker = entry -> {};

    LifeWorld(long seed, Trace trace) {
        random = new SeededRandom(seed);
        this.trace = trace;
        network = new VirtualNetwork(scheduler, random.stream("network"), trace);
    }

    SeededRandom random(String name) {
        return random.stream(name);
    }

    Scheduler scheduler() {
        return scheduler;
    }

    VirtualNetwork network() {
        return network;
    }

    LifeArchive archive() {
        return archive;
    }

    LifePackets packets() {
        return packets;
    }

    LifeForger forger() {
        return forger;
    }

    LifeEntropy.Indices indices() {
        return indices;
    }

    List<LifeNode> nodes() {
        return nodes;
    }

    /** Who has, or had, the private key of a public one. */
    @Nullable LifeNode owner(PublicKey key) {
        return owners.get(key);
    }

    void own(PublicKey key, LifeNode node) {
        owners.put(key, node);
    }

    /** Someone on every path who sees each datagram as it leaves. */
    void onlooker(Consumer<LifeArchive.Entry> eyes) {
        onlooker = eyes;
    }

    void sent(LifeArchive.Entry entry) {
        archive.add(entry);
        onlooker.accept(entry);
    }

    String name(PublicKey key) {
        LifeNode owner = owner(key);
        return owner == null ? key.toString() : owner.name;
    }

    void note(LifeNode node, Object what) {
        trace.note(scheduler.now(), () -> node.name + " " + what);
    }

    AssertionError violation(LifeNode node, String breach) {
        double at = scheduler.now() / (double) SECOND;
        return new AssertionError(
                String.format("at %.3f s of virtual time, %s %s", at, node.name, breach));
    }

    void runFor(double seconds) {
        scheduler.runFor(Math.round(seconds * SECOND));
    }
}
