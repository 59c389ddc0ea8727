package io.culvert.netstack;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What all flows together may hold of the memory that applications lend for sending. One flow may
 * hold twice what is left of it, so that the first gets two thirds, each of many an equal part, and
 * some is always left for whoever comes next (dynamic thresholds: Choudhury and Hahne, 1998). A few
 * bytes are everybody's: a flow that holds no more than {@link #LEAST} may write whatever the
 * others do.
 *
 * <p>Thread-safe, so that stacks can share one. A budget within another counts for both.
 */
public final class SendBudget {
    /** What a flow always may hold, bytes: some segments, which fetch the next ones' room. */
    static final int LEAST = 8 * 1024;

    private static final int SHARE = 2;

    private final long bytes;
    private final @Nullable SendBudget within;
    private final BooleanSupplier isShort;
    private final AtomicLong held = new AtomicLong();

    /**
     * A budget of its own.
     *
     * @param bytes that all flows may hold, positive
     */
    public SendBudget(long bytes) {
        this(bytes, () -> false);
    }

    /**
     * A budget of memory that others take from as well, or that takes more than is asked for.
     *
     * @param bytes that all flows may hold, positive
     * @param isShort whether there is so little left of that memory that a flow may have but the
     *     least, if all together hold a quarter of the budget; called often, from any thread
     * @throws IllegalArgumentException if not positive
     */
    public SendBudget(long bytes, BooleanSupplier isShort) {
        this(bytes, null, isShort);
    }

    /**
     * A budget within another one.
     *
     * @param bytes that all its flows may hold, positive
     * @throws IllegalArgumentException if not positive
     */
    public SendBudget(long bytes, SendBudget within) {
        this(bytes, within, () -> false);
    }

    private SendBudget(long bytes, @Nullable SendBudget within, BooleanSupplier isShort) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("a budget of " + bytes + " bytes");
        }
        this.bytes = bytes;
        this.within = within;
        this.isShort = isShort;
    }

    /** Bytes held now. */
    public long held() {
        return held.get();
    }

    /** What one flow may hold now. */
    long perFlow() {
        long now = held.get();
        if (now > bytes / 4 && isShort.getAsBoolean()) {
            return LEAST;
        }
        long own = Math.max(LEAST, SHARE * (bytes - now));
        return within == null ? own : Math.min(own, within.perFlow());
    }

    /** Some flow holds more, or less. */
    void changed(long by) {
        held.addAndGet(by);
        if (within != null) {
            within.changed(by);
        }
    }
}
