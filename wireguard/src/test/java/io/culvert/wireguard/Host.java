package io.culvert.wireguard;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A device with its memory, key and address, driven as {@link Device} says. */
final class Host {
    static final int MTU = 1420;
    static final int CAPACITY = 65_536;

    /** One for all: what it holds is copied in before, and out after, every use. */
    private static final MemorySegment MEMORY = Arena.global().allocate(CAPACITY);

    final String name;
    final Device device;
    final PrivateKey key;
    final List<byte[]> received = new ArrayList<>();
    InetSocketAddress address;

    /** The ECN bits with which the network delivers to this host. */
    int ecn;

    private int lastLength;
    private boolean deferring;

    Host(String name, InetSocketAddress address, PrivateKey key, Entropy entropy) {
        this.name = name;
        this.address = address;
        this.key = key;
        device = new Device(entropy, MTU);
        device.privateKey(key, 0);
    }

    /** Lets handshakes wait, and serves them after each datagram; what is seen is the same. */
    void defer(boolean on) {
        deferring = on;
        device.deferHandshakes(on);
    }

    /** Gives one datagram to the device; returns the inner packet, or null. */
    byte @Nullable [] receive(byte[] datagram, InetSocketAddress source, long now) {
        MemorySegment.copy(datagram, 0, MEMORY, Wire.BYTE, 0, datagram.length);
        int length = device.receive(MEMORY, 0, datagram.length, source, ecn, now);
        if (deferring) {
            Loans.serve(device, now);
        }
        if (length == 0) {
            return null;
        }
        byte[] packet = bytes(Device.HEADER, length);
        received.add(packet);
        return packet;
    }

    /** Seals a packet, which must leave at once. */
    Datagram seal(byte[] packet, long now) {
        return requireNonNull(trySeal(packet, now), "staged or refused");
    }

    /** Seals a packet; returns the datagram, or null when it was staged or refused. */
    @Nullable Datagram trySeal(byte[] packet, long now) {
        return sealTo(packet, now) > 0 ? datagram(lastLength, now) : null;
    }

    /** Seals a packet; returns what {@link Device#seal} returned. */
    int sealTo(byte[] packet, long now) {
        MemorySegment.copy(packet, 0, MEMORY, Wire.BYTE, Device.HEADER, packet.length);
        lastLength = device.seal(MEMORY, 0, packet.length, now);
        return lastLength;
    }

    /** Polls everything the device wants to send. */
    List<Datagram> poll(long now) {
        List<Datagram> out = new ArrayList<>();
        for (int length; (length = device.pollTransmit(MEMORY, 0, CAPACITY, now)) > 0; ) {
            out.add(datagram(length, now));
        }
        return out;
    }

    List<DeviceEvent> events() {
        List<DeviceEvent> out = new ArrayList<>();
        for (DeviceEvent event; (event = device.pollEvent()) != null; ) {
            out.add(event);
        }
        return out;
    }

    private Datagram datagram(int length, long now) {
        return new Datagram(this, requireNonNull(device.destination()), bytes(0, length), now);
    }

    private byte[] bytes(long offset, int length) {
        return MEMORY.asSlice(offset, length).toArray(Wire.BYTE);
    }
}
