package io.culvert.proxy;

import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;

/** An attempt to connect that another one stands for. */
final class Dialing {
    private Dialing() {}

    /** Who cancels the result cancels the attempt. */
    static void cancelWith(Future<?> result, Future<?> attempt) {
        result.addListener(done -> {
            if (done.isCancelled()) {
                attempt.cancel(false);
            }
        });
    }

    /** What becomes of the attempt becomes of the result, and who cancels that cancels both. */
    @SuppressWarnings("FutureReturnValueIgnored") // a channel nobody wants is closed
    static void pass(Future<DuplexChannel> attempt, Promise<DuplexChannel> result) {
        cancelWith(result, attempt);
        attempt.addListener((Future<DuplexChannel> dialed) -> {
            if (!dialed.isSuccess()) {
                result.tryFailure(dialed.cause());
            } else if (!result.trySuccess(dialed.getNow())) {
                dialed.getNow().close();
            }
        });
    }
}
