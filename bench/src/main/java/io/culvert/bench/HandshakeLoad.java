package io.culvert.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/** Sends genuine initiations, never more than a number of them unanswered, and counts answers. */
final class HandshakeLoad {
    private static final int RESPONSE_LENGTH = 92;
    private static final int COOKIE_REPLY_LENGTH = 64;

    /** Silence after which what is still unanswered counts as lost. */
    private static final long PATIENCE_MILLIS = 300;

    private final Initiations initiations;
    private int next;

    /** One round: counts, its time, and the CPU time of the server and of this generator. */
    record Round(
            int answered,
            int cookieReplies,
            int lost,
            long nanos,
            long serverCpu,
            long generatorCpu) {
        double perSecond() {
            return answered * 1e9 / nanos;
        }

        double serverCpuEach() {
            return (double) serverCpu / Math.max(1, answered);
        }

        double cookiePercent() {
            return 100.0 * cookieReplies / (answered + cookieReplies + lost);
        }

        double generatorShare() {
            return (double) generatorCpu / nanos;
        }
    }

    HandshakeLoad(Initiations initiations, int first) {
        this.initiations = initiations;
        this.next = first;
    }

    Round run(ServerProcess server, int count, int mostUnanswered) throws IOException {
        if (next + count > initiations.count()) {
            throw new IllegalStateException("only " + initiations.count() + " initiations made");
        }
        ByteBuffer view = initiations.view();
        ByteBuffer in = ByteBuffer.allocateDirect(2048);
        int answered = 0;
        int cookieReplies = 0;
        int lost = 0;
        int sent = 0;
        int unanswered = 0;
        long serverCpu = server.cpuNanos();
        long ownCpu = ServerProcess.ownThreadCpuNanos();
        long begun = System.nanoTime();
        try (Selector selector = Selector.open();
                DatagramChannel channel = DatagramChannel.open()) {
            channel.connect(server.address());
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            while (answered + cookieReplies + lost < count) {
                while (unanswered < mostUnanswered && sent < count) {
                    Initiations.select(view, next + sent);
                    if (channel.write(view) == 0) {
                        break;
                    }
                    sent++;
                    unanswered++;
                }
                selector.selectedKeys().clear();
                if (selector.select(PATIENCE_MILLIS) == 0) {
                    lost += unanswered;
                    unanswered = 0;
                }
                for (int n = channel.read(in.clear()); n > 0; n = channel.read(in.clear())) {
                    answered += n == RESPONSE_LENGTH ? 1 : 0;
                    cookieReplies += n == COOKIE_REPLY_LENGTH ? 1 : 0;
                    unanswered--;
                }
            }
        }
        long nanos = System.nanoTime() - begun;
        next += count;
        return new Round(
                answered,
                cookieReplies,
                lost,
                nanos,
                server.cpuNanos() - serverCpu,
                ServerProcess.ownThreadCpuNanos() - ownCpu);
    }

    /** The initiations that a second server is to be given as well. */
    int position() {
        return next;
    }

    void position(int first) {
        next = first;
    }
}
