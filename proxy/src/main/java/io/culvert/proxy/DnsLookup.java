package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Asks in turn until somebody knows. Lives on one event loop. */
final class DnsLookup {

    /** What is thought of an answer that there is nothing. */
    enum Nothing {
        /** It is believed. */
        ENDS,
        /** The next may know better. */
        GOES_ON
    }

    private final Iterator<? extends Supplier<Future<DnsReply>>> steps;
    private final Nothing nothing;
    private final Promise<DnsReply> result;
    private @Nullable DnsReply negative;
    private @Nullable Throwable failure;

    private DnsLookup(
            List<? extends Supplier<Future<DnsReply>>> steps,
            Nothing nothing,
            Promise<DnsReply> result) {
        this.steps = steps.iterator();
        this.nothing = nothing;
        this.result = result;
    }

    /**
     * Begins with the first.
     *
     * @param steps each asks somebody
     * @return the first reply with addresses, else the first that there are none, else the first
     *     failure
     */
    static Future<DnsReply> run(
            List<? extends Supplier<Future<DnsReply>>> steps, Nothing nothing, EventLoop loop) {
        Promise<DnsReply> result = loop.newPromise();
        new DnsLookup(steps, nothing, result).next();
        return result;
    }

    /** Asks all at once; the first with addresses wins, and if there is none, see {@link #run}. */
    static Future<DnsReply> race(List<? extends Supplier<Future<DnsReply>>> all, EventLoop loop) {
        Promise<DnsReply> result = loop.newPromise();
        List<Supplier<Future<DnsReply>>> asked = new ArrayList<>();
        for (Supplier<Future<DnsReply>> each : all) {
            Future<DnsReply> answer = each.get();
            asked.add(() -> answer);
            answer.addListener((Future<DnsReply> done) -> {
                if (done.isSuccess() && !done.getNow().addresses().isEmpty()) {
                    result.trySuccess(done.getNow());
                }
            });
        }
        run(asked, Nothing.GOES_ON, loop)
                .addListener((Future<DnsReply> done) -> {
                    if (done.isSuccess()) {
                        result.trySuccess(done.getNow());
                    } else {
                        result.tryFailure(done.cause());
                    }
                });
        return result;
    }

    private void next() {
        if (steps.hasNext()) {
            steps.next().get().addListener((Future<DnsReply> done) -> came(done));
        } else if (negative != null) {
            result.trySuccess(negative);
        } else {
            result.tryFailure(
                    failure != null
                            ? failure
                            : new DialException(Failure.RESOLVE, "there is no name server to ask"));
        }
    }

    private void came(Future<DnsReply> done) {
        if (!done.isSuccess()) {
            Log.debug("dns: " + done.cause().getMessage());
            failure = failure == null ? done.cause() : failure;
            next();
        } else if (!done.getNow().addresses().isEmpty()) {
            result.trySuccess(done.getNow());
        } else {
            negative = negative == null ? done.getNow() : negative;
            if (nothing == Nothing.ENDS) {
                result.trySuccess(negative);
            } else {
                next();
            }
        }
    }
}
