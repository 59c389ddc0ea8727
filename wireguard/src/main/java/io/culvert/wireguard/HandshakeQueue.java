package io.culvert.wireguard;

import java.net.InetSocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Handshake messages that wait to be processed: copies in a ring, at most 4096. It grows by
 * doubling, so a device that is never busy holds 9 kB of it, and nothing is allocated per message.
 */
final class HandshakeQueue {
    private static final int INITIAL_CAPACITY = 64;
    private static final int SLOT = InitiationMessage.LENGTH;

    private byte[] messages = new byte[0];
    private @Nullable InetSocketAddress[] sources = new @Nullable InetSocketAddress[0];
    private int head;
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Copies a message of a valid type; returns false when the queue is full. */
    boolean add(byte[] message, InetSocketAddress source) {
        if (size == sources.length && !grow()) {
            return false;
        }
        int slot = (head + size++) & (sources.length - 1);
        System.arraycopy(message, 0, messages, slot * SLOT, SLOT);
        sources[slot] = source;
        return true;
    }

    /** Moves the first message, which must exist, into a job. */
    void removeFirst(HandshakeJob job) {
        System.arraycopy(messages, head * SLOT, job.message, 0, SLOT);
        job.source = sources[head];
        sources[head] = null;
        head = (head + 1) & (sources.length - 1);
        size--;
    }

    /** Drops everything. */
    void clear() {
        Arrays.fill(sources, null);
        head = 0;
        size = 0;
    }

    private boolean grow() {
        int capacity = sources.length;
        if (capacity == Constants.MAX_QUEUED_HANDSHAKES) {
            return false;
        }
        int larger = Math.max(INITIAL_CAPACITY, 2 * capacity);
        byte[] newMessages = new byte[larger * SLOT];
        @Nullable InetSocketAddress[] newSources = new @Nullable InetSocketAddress[larger];
        int tail = capacity - head;
        System.arraycopy(messages, head * SLOT, newMessages, 0, tail * SLOT);
        System.arraycopy(messages, 0, newMessages, tail * SLOT, head * SLOT);
        System.arraycopy(sources, head, newSources, 0, tail);
        System.arraycopy(sources, 0, newSources, tail, head);
        messages = newMessages;
        sources = newSources;
        head = 0;
        return true;
    }
}
