package io.culvert.simnet;

import io.culvert.netstack.Lease;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Memory that applications lend to a stack with {@code write}. What comes back is overwritten, so
 * that a stack that still sends from it is caught by the receiver's comparison, and may come back
 * only once.
 */
public final class Loans {
    private static final int SMALL = 2048;

    /** Most bytes of one loan. */
    public static final int LARGE = 65_536;

    private static final byte POISON = (byte) 0xDD;

    private final ArrayDeque<Loan> small = new ArrayDeque<>();
    private final ArrayDeque<Loan> large = new ArrayDeque<>();
    private long outstanding;
    private long outstandingBytes;

    /** Nothing is lent yet. */
    public Loans() {}

    /** One piece of memory, on loan until released. */
    public final class Loan implements Lease {
        private final MemorySegment memory;
        private boolean lent;

        private Loan(int size) {
            memory = Arena.ofAuto().allocate(size, 8);
        }

        public MemorySegment memory() {
            return memory;
        }

        @Override
        public void release() {
            if (!lent) {
                throw new IllegalStateException("memory released twice");
            }
            lent = false;
            outstanding--;
            outstandingBytes -= memory.byteSize();
            memory.fill(POISON);
            (memory.byteSize() == SMALL ? small : large).push(this);
        }
    }

    /** Memory of at least {@code size} bytes, at most {@link #LARGE}. */
    public Loan lend(int size) {
        ArrayDeque<Loan> free = size <= SMALL ? small : large;
        Loan loan = free.isEmpty() ? new Loan(size <= SMALL ? SMALL : LARGE) : free.pop();
        loan.lent = true;
        outstanding++;
        outstandingBytes += loan.memory.byteSize();
        return loan;
    }

    /** Loans that haven't come back. */
    public long outstanding() {
        return outstanding;
    }

    /** Bytes of those loans. */
    public long outstandingBytes() {
        return outstandingBytes;
    }
}
