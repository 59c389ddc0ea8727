package io.culvert.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A UDP relay that behaves like a long and lossy path with a bottleneck ({@link PathShape}),
 * between clients, each known by its address, and one server, which sees each client at a port of
 * its own. All clients share both directions. Arguments: LISTEN-ADDRESS PORT SERVER-ADDRESS PORT.
 *
 * <p>It obeys lines on standard input, and ends with it: {@code shape RTT/loss/rate/queue SEED}
 * begins anew with empty queues and statistics, answered by {@code ok}; {@code report} is answered
 * by one line of NAME=VALUE: packets that went in and out, lost, dropped by the queue, those the
 * emulator itself could not hold or send (overflow, refused), queueing times in ms, and how late
 * packets left in microseconds.
 */
final class PathEmulator {
    private final PathRelay relay;

    private PathEmulator(PathRelay relay) {
        this.relay = relay;
    }

    public static void main(String[] arguments) throws IOException {
        InetSocketAddress listen = address(arguments[0], arguments[1]);
        InetSocketAddress server = address(arguments[2], arguments[3]);
        try (Arena arena = Arena.ofShared()) {
            PathRelay relay = new PathRelay(arena, listen, server);
            Thread thread = new Thread(relay, "path");
            thread.setDaemon(true);
            thread.start();
            System.out.println("ready");
            try (BufferedReader commands =
                    new BufferedReader(
                            new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
                new PathEmulator(relay).obey(commands);
            }
            relay.stop();
            join(thread);
        }
    }

    private static InetSocketAddress address(String host, String port) {
        return new InetSocketAddress(host, Integer.parseInt(port));
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void obey(BufferedReader commands) throws IOException {
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "shape" -> {
                    PathShape shape = PathShape.parse(words[1]);
                    long seed = Long.parseLong(words[2]);
                    answer(() -> {
                        relay.shape(shape, seed);
                        return "ok";
                    });
                }
                case "report" -> answer(relay::report);
                default -> throw new IllegalArgumentException("unknown command: " + line);
            }
        }
    }

    /** The relay's state is its thread's alone: it makes the answer between two packets. */
    private void answer(Supplier<String> work) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        relay.execute(() -> answer.complete(work.get()));
        System.out.println(answer.orTimeout(5, TimeUnit.SECONDS).join());
    }
}
