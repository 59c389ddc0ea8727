package io.culvert.wireguard;

import io.culvert.crypto.X25519Batch;
import org.jspecify.annotations.Nullable;

/**
 * The Diffie-Hellman work of some received handshake messages, on loan from a {@link Device}. Any
 * one thread may {@link #run} it once; it touches nothing of the device. Then {@link
 * Device#returnHandshakes} takes it back.
 */
public final class HandshakeWork implements Runnable {
    private final HandshakeJob[] jobs;
    private final X25519Batch batch;
    private final NoiseIkPsk2 noise;
    private final @Nullable HandshakeLoans lender;
    private int size;
    private boolean computed;

    /** Whether somebody outside has it. */
    boolean onLoan;

    HandshakeWork(int capacity, NoiseIkPsk2 noise, @Nullable HandshakeLoans lender) {
        this.lender = lender;
        jobs = new HandshakeJob[capacity];
        for (int i = 0; i < capacity; i++) {
            jobs[i] = new HandshakeJob();
        }
        batch = new X25519Batch(capacity * HandshakeJob.MAX_AGREEMENTS);
        this.noise = noise;
    }

    /** Messages in it. */
    public int size() {
        return size;
    }

    /** Computes. All copies of private keys are zeroed at the end. */
    @Override
    public void run() {
        try {
            batch.compute();
            for (int i = 0; i < size; i++) {
                jobs[i].compute(batch, noise);
            }
            computed = true;
        } finally {
            batch.clear();
            noise.wipe();
        }
    }

    /** Whose it is; null for one that never leaves the device. */
    @Nullable HandshakeLoans lender() {
        return lender;
    }

    boolean isFull() {
        return size == jobs.length;
    }

    /** Whether {@link #run} came to its end. */
    boolean isComputed() {
        return computed;
    }

    /** For the computations of steps that begin. */
    X25519Batch batch() {
        return batch;
    }

    HandshakeJob job(int index) {
        return jobs[index];
    }

    /** A job to fill; there must be room. */
    HandshakeJob add() {
        return jobs[size++];
    }

    /** Moves jobs here that another work, which has more, has begun. */
    void takeFrom(HandshakeWork other, int count) {
        for (int i = 0; i < count; i++) {
            HandshakeJob empty = jobs[size];
            jobs[size++] = other.jobs[--other.size];
            other.jobs[other.size] = empty;
        }
    }

    /** Forgets a job; the last one takes its place. */
    void remove(int index) {
        HandshakeJob removed = jobs[index];
        removed.wipe();
        jobs[index] = jobs[--size];
        jobs[size] = removed;
    }

    /** Ends a round: what is left waits for its next step. */
    void rest() {
        computed = false;
        batch.clear();
    }

    /** Forgets everything. */
    void wipe() {
        while (size > 0) {
            remove(size - 1);
        }
        rest();
    }

    @Override
    public String toString() {
        return "HandshakeWork[" + size + " messages]";
    }
}
