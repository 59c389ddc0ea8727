package io.culvert.simnet;

import io.culvert.wireguard.Device;
import io.culvert.wireguard.DeviceEvent;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A device with its socket, clock and driver. The clock has an origin of its own, and may stand
 * still while the machine is suspended; whatever goes into the device or comes out of it passes by
 * a {@link DeviceModel}.
 */
final class LifeNode {
    static final int MTU = 1420;

    /** A longer datagram doesn't fit the driver's memory and is dropped by it. */
    private static final int CAPACITY = 2048;

    /** When the first wall clock was set: some day in 2024. */
    private static final long EPOCH = 1_718_000_000_000_000_000L;

    final LifeWorld world;
    final int number;
    final String name;
    final Device device;
    final DeviceModel model;
    final LifePlan.Habits habits;
    final List<LifeNeighbour> neighbours = new ArrayList<>();

    private final MemorySegment memory = Arena.ofAuto().allocate(CAPACITY, 8);
    private final SeededRandom random;
    private final VirtualSocket socket;
    private final LifeDesk desk;
    private final @Nullable LifeNat nat;
    private final List<LifeArrival> inbox = new ArrayList<>();
    private long clockOffset;
    private long slept;
    private long asleepSince = -1;
    private Scheduler.@Nullable Event timer;
    private PublicKey publicKey;
    private boolean clockStepped;
    private int keys;

    LifeNode(LifeWorld world, int number, LifePlan.Habits habits) {
        this.world = world;
        this.number = number;
        this.habits = habits;
        name = "device " + number;
        random = world.random(name);
        clockOffset = habits.clockOrigin();
        device = new Device(new LifeEntropy(world.random(name + " entropy"), world.indices()), MTU);
        nat =
                habits.natTimeout() == 0
                        ? null
                        : new LifeNat(world.random(name + " NAT"), habits.natTimeout());
        socket = world.network().bind(name, address(number, habits.ipv6(), 51_820), this::arrived);
        model = new DeviceModel(this);
        desk = new LifeDesk(this, world.random(name + " desk"));
        device.deferHandshakes(habits.defersHandshakes());
        publicKey = generateKey();
        stepWallClock(0);
    }

    static InetSocketAddress address(int number, boolean ipv6, int port) {
        String host = ipv6 ? "2001:db8::" + number : "198.51.100." + number;
        return new InetSocketAddress(InetAddress.ofLiteral(host), port);
    }

    long now() {
        return world.scheduler().now() + clockOffset;
    }

    /** Time that passed while the machine wasn't suspended. */
    long awakeTime() {
        return (isAsleep() ? asleepSince : world.scheduler().now()) - slept;
    }

    boolean wasClockStepped() {
        return clockStepped;
    }

    boolean hasChangedKey() {
        return keys > 1;
    }

    VirtualSocket socket() {
        return socket;
    }

    boolean hasNat() {
        return nat != null;
    }

    boolean isAsleep() {
        return asleepSince >= 0;
    }

    PublicKey publicKey() {
        return publicKey;
    }

    /** Gives the device a new private key; its peers have to be told. */
    PublicKey generateKey() {
        PrivateKey key = PrivateKey.generate(new SeededEntropy(random));
        publicKey = key.publicKey();
        keys++;
        world.own(publicKey, this);
        model.keyChanged();
        device.privateKey(key, now());
        desk.forgotten();
        key.destroy();
        return publicKey;
    }

    /** What the device has for a peer; zeros if it has none. */
    byte[] presharedKey(@Nullable PublicKey peer) {
        for (LifeNeighbour neighbour : neighbours) {
            Peer present = neighbour.peer();
            if (present != null && present.publicKey().equals(peer)) {
                return neighbour.presharedKey();
            }
        }
        return new byte[32];
    }

    void up() {
        model.mayTalk();
        device.up(now());
        turn();
    }

    void down() {
        device.down(now());
        model.down();
        desk.forgotten();
        turn();
    }

    /** Sets the wall clock so many nanoseconds ahead of the world's. */
    void stepWallClock(long ahead) {
        clockStepped |= ahead != 0;
        device.wallClock(EPOCH + world.scheduler().now() - now() + ahead);
    }

    void load(boolean on) {
        device.load(on ? 4096 : 0, now());
        model.cookies().loaded(on);
    }

    /** The network gives another port, or the box in front of it another mapping. */
    void moveSocket() {
        if (nat != null) {
            nat.forget(socket);
            return;
        }
        int port = random.between(1024, 65_535);
        int other = port == socket.address().getPort() ? port ^ 1 : port;
        socket.rebind(new InetSocketAddress(socket.address().getAddress(), other));
    }

    void suspend() {
        asleepSince = world.scheduler().now();
        inbox.clear();
    }

    /**
     * Wakes up.
     *
     * @param clockStood whether the clock didn't count the time
     * @param told whether the device is told of it
     */
    void resume(boolean clockStood, boolean told) {
        long time = world.scheduler().now() - asleepSince;
        slept += time;
        asleepSince = -1;
        if (clockStood) {
            clockOffset -= time;
        }
        if (told && device.isUp()) {
            model.resumed();
            device.resumed(now());
        }
        timersDue();
        desk.resumed();
    }

    /** An application's packet for the tunnel. */
    void send(LifePackets.Sent packet) {
        if (isAsleep() || !device.isUp()) {
            return;
        }
        byte[] bytes = packet.bytes;
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, Device.HEADER, bytes.length);
        model.mayTalk();
        long before = device.counters().packetsSent();
        int result = device.seal(memory, 0, bytes.length, now());
        model.deliveries().sealed(packet, result);
        PublicKey target = packet.target;
        if (target != null) {
            Peer peer = device.peer(target);
            model.require(peer != null, "routes to a peer it doesn't have");
            if (peer != null) {
                model.of(peer).packetTaken();
            }
        }
        if (result > 0) {
            model.require(device.counters().packetsSent() == before + 1, "counts no packet sent");
            transmit(result);
        }
        turn();
    }

    /** Lets the device act upon what an administrator did. */
    void act(Runnable change) {
        model.mayTalk();
        change.run();
        if (!isAsleep()) {
            turn();
        }
    }

    private void arrived(byte[] data, int length, InetSocketAddress source) {
        long now = world.scheduler().now();
        if (isAsleep() || length > CAPACITY || (nat != null && !nat.admits(source, now))) {
            return;
        }
        inbox.add(new LifeArrival(data, length, source));
        if (inbox.size() == 1) {
            world.scheduler().after(habits.batchNanos(), this::drainInbox);
        }
    }

    private void drainInbox() {
        for (LifeArrival arrival : inbox) {
            receive(arrival);
        }
        if (!inbox.isEmpty()) {
            inbox.clear();
            turn();
        }
    }

    private void receive(LifeArrival arrival) {
        model.receiving();
        // under load, a source that proved its address is counted, until a timer forgets it
        boolean watched = habits.batchNanos() == 0 && !model.cookies().mayBeLoaded();
        long deadline = watched ? device.nextDeadline() : 0;
        MemorySegment.copy(arrival.data, 0, memory, ValueLayout.JAVA_BYTE, 0, arrival.length);
        int length = device.receive(memory, 0, arrival.length, arrival.source, now());
        Outcome outcome = model.received(arrival);
        if (outcome == Outcome.WAITS) {
            model.require(habits.defersHandshakes(), "takes no account of a datagram");
            desk.add(arrival);
        }
        if (length > 0) {
            byte[] packet = memory.asSlice(Device.HEADER, length).toArray(ValueLayout.JAVA_BYTE);
            model.deliveries().delivered(packet, device.sender());
        }
        if (watched && !outcome.authentic) {
            model.require(
                    device.nextDeadline() == deadline, "moves a timer for what isn't authentic");
        }
    }

    private void timersDue() {
        timer = null;
        if (isAsleep()) {
            return;
        }
        model.mayTalk();
        device.handleTimers(now());
        turn();
    }

    /** Everything that a driver does after anything happened. */
    void turn() {
        device.endBatch(now());
        for (int length; (length = device.pollTransmit(memory, 0, CAPACITY, now())) > 0; ) {
            transmit(length);
        }
        model.require(!device.hasOutput(), "says it has output and gives none");
        for (DeviceEvent e = device.pollEvent(); e != null; e = device.pollEvent()) {
            world.note(this, e);
            if (e instanceof DeviceEvent.HandshakeGaveUp(Peer peer)) {
                model.of(peer).timers.gaveUp();
            }
        }
        model.turnEnded();
        arm();
    }

    private void transmit(int length) {
        InetSocketAddress destination = device.destination();
        if (destination == null) {
            throw world.violation(this, "sends to nowhere");
        }
        byte[] message = memory.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        Peer recipient = device.recipient();
        model.sent(message, destination, recipient);
        if (nat != null) {
            nat.outbound(socket, destination, world.scheduler().now());
        }
        world.sent(
                new LifeArchive.Entry(
                        this,
                        recipient == null ? null : recipient.publicKey(),
                        LifeMessage.type(message, length),
                        message,
                        socket.address(),
                        destination));
        socket.send(memory, 0, length, destination);
    }

    private void arm() {
        long deadline = device.nextDeadline();
        Scheduler.Event armed = timer;
        if (armed != null) {
            armed.cancel();
            timer = null;
        }
        if (deadline == Long.MAX_VALUE || isAsleep()) {
            return;
        }
        long late = random.between(0, habits.lateNanos());
        long at = Math.max(deadline - clockOffset, world.scheduler().now()) + late;
        timer = world.scheduler().at(at, this::timersDue);
    }
}
