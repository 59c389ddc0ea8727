package io.culvert.simnet;

import java.util.ArrayList;
import java.util.List;

/**
 * One long life of 2 to 20 WireGuard devices, for hours of virtual time: on bad paths, behind NATs,
 * under an administrator who changes everything and an attacker who tries everything. Then
 * everything is put right, and within the protocol's own time all must talk to all again; then
 * everybody falls silent, and nothing may be left.
 */
final class Life {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLI = 1_000_000L;

    /** The path once everything is well. */
    private static final LinkProfile GOOD_PATH =
            LinkProfile.PERFECT.but().delay(5 * MILLI, MILLI).build();

    /**
     * Seconds within which data must flow again. Who sends without an answer begins a new handshake
     * after 15.4 s; the gate may be closed for 5 s then; when both begin at once, which shuts it
     * again, the jitter of 5 to 5.4 s parts them, on a path of 5 ms nearly always the first time
     * and practically always within three.
     */
    private static final double RECOVERY = 15.4 + 5 + 4 * 5.4;

    /**
     * Seconds for a handshake on a good path, up to the packet that confirms it: three times 6 ms
     * of path and 5 ms of batch, and six steps of at most 30 ms at desks ({@link LifeDesk}). While
     * one goes on the other side says nothing: two that begin at once are in each other's way, and
     * what is sent under the old session may come too late for it, for where another one was
     * answered and never confirmed, that one and not the old one is kept, as in the kernel.
     */
    private static final double HANDSHAKE = 0.25;

    /** Seconds between two packets of each to each, at most 38 of them: no NAT forgets so soon. */
    private static final double ROUND = 27;

    /** Seconds after the last packet after which nobody has a reason to send anything. */
    private static final double LAST_WORD = 25;

    /** Seconds after which nothing is left of a session: 540, and what drivers may be late. */
    private static final double FORGOTTEN = 560;

    private static final long AUDIT = 5 * SECOND;

    private final LifeWorld world;
    private final LifePlan plan;
    private final LifeTraffic traffic;
    private final LifeAdministrator administrator;
    private final LifeAttacker attacker;
    private final List<LifeNeighbour> ways = new ArrayList<>();

    private Life(LifeWorld world, LifePlan plan) {
        this.world = world;
        this.plan = plan;
        for (int i = 0; i < plan.habits().size(); i++) {
            world.nodes().add(new LifeNode(world, i + 1, plan.habits().get(i)));
        }
        for (LifePlan.Acquaintance pair : plan.pairs()) {
            meet(world.nodes().get(pair.one() - 1), world.nodes().get(pair.other() - 1));
        }
        traffic = new LifeTraffic(world, ways);
        administrator = new LifeAdministrator(world, ways, plan);
        attacker = new LifeAttacker(world, plan.hostility());
    }

    /** Lives the life of a seed; throws what was wrong in it. */
    static void live(long seed, Trace trace) {
        LifeWorld world = new LifeWorld(seed, trace);
        LifePlan plan = LifePlan.draw(world.random("plan"));
        new Life(world, plan).live();
    }

    private void meet(LifeNode one, LifeNode other) {
        one.neighbours.add(new LifeNeighbour(one, other));
        other.neighbours.add(new LifeNeighbour(other, one));
        ways.add(one.neighbours.getLast());
        ways.add(other.neighbours.getLast());
    }

    private void live() {
        long nanos = plan.seconds() * SECOND;
        administrator.begin(plan.changes(), nanos);
        traffic.plan(plan.packets(), nanos);
        attacker.begin(nanos);
        world.scheduler().after(AUDIT, this::audit);
        world.runFor((double) plan.seconds());
        traffic.end();
        attacker.leave();
        world.runFor(2);
        recover();
        flow();
        fallSilent();
        close();
    }

    private void audit() {
        for (LifeNode node : world.nodes()) {
            if (!node.isAsleep() && node.device.isUp()) {
                node.model.audit();
            }
        }
        world.scheduler().after(AUDIT, this::audit);
    }

    /** In some pairs both sides have something to say, in others one; behind a NAT one must. */
    private List<LifeNeighbour> talkers() {
        SeededRandom random = world.random("talkers");
        List<LifeNeighbour> talkers = new ArrayList<>();
        for (int i = 0; i < ways.size(); i += 2) {
            LifeNeighbour there = ways.get(i);
            LifeNeighbour back = ways.get(i + 1);
            int who = random.nextInt(3);
            if (who != 0 || there.node.hasNat()) {
                talkers.add(there);
            }
            if (who != 1 || back.node.hasNat()) {
                talkers.add(back);
            }
        }
        return talkers;
    }

    private void recover() {
        administrator.putRight(GOOD_PATH);
        List<LifeNeighbour> talkers = talkers();
        for (double waited = 0; waited < RECOVERY; waited++) {
            talkers.forEach(traffic::sendHonestly);
            world.runFor(1);
        }
        expectDelivery(talkers, "not within " + RECOVERY + " s after all was well");
    }

    private void expectDelivery(List<LifeNeighbour> talkers, String complaint) {
        List<LifePackets.Sent> sent = new ArrayList<>();
        for (LifeNeighbour way : talkers) {
            sent.add(traffic.sendHonestly(way));
            world.runFor(HANDSHAKE);
        }
        world.runFor(0.5);
        for (int i = 0; i < sent.size(); i++) {
            if (!sent.get(i).delivered) {
                LifeNeighbour way = talkers.get(i);
                throw world.violation(
                        way.node, "doesn't get a packet to " + way.other.name + ": " + complaint);
            }
        }
    }

    /** On a good path nothing is lost, through two renewals of the session and one expiry. */
    private void flow() {
        boolean nat = world.nodes().stream().anyMatch(LifeNode::hasNat);
        double pause = ROUND - ways.size() * HANDSHAKE;
        for (int i = 0; i < 11; i++) {
            expectDelivery(ways, "on a good path");
            world.runFor(i == 9 && !nat ? 200 : pause);
        }
    }

    private void fallSilent() {
        administrator.silence();
        world.runFor(LAST_WORD);
        int said = world.archive().all().size();
        world.runFor(FORGOTTEN);
        int later = world.archive().all().size();
        if (later != said) {
            LifeArchive.Entry entry = world.archive().all().get(said);
            throw world.violation(entry.from, "sends something although nobody asked it to");
        }
        world.nodes().forEach(this::expectNothingLeft);
    }

    private void expectNothingLeft(LifeNode node) {
        int held = node.device.liveIndices();
        node.model.require(held == 0, "still holds " + held + " indices");
        node.model.require(
                node.device.nextDeadline() == Long.MAX_VALUE, "still has a timer in silence");
    }

    private void close() {
        for (LifeNode node : world.nodes()) {
            node.device.close(node.now());
            expectNothingLeft(node);
            node.model.require(!node.device.hasOutput(), "still has output when closed");
        }
    }
}
