package io.culvert.simnet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs a simulation for many seeds, and one seed again.
 *
 * <p>System properties: {@code simnet.seeds} is how many seeds a test runs instead of what it asks
 * for, {@code simnet.first} the first of them, {@code simnet.threads} on how many threads. {@code
 * simnet.seed} runs that seed alone and writes what happens on the network to a file in {@code
 * target/simnet}. The message of a failure contains the command that does so for the failed seed.
 */
public final class Seeds {
    private static final int DEFAULT_THREADS = 2;

    /** With so many failed seeds nothing is learnt from further ones. */
    private static final int ENOUGH_FAILURES = 5;

    private Seeds() {}

    /** A simulation. It must be a function of the seed. */
    @FunctionalInterface
    public interface Simulation {
        void run(long seed, Trace trace) throws Exception;
    }

    private record Failure(long seed, Throwable thrown) {}

    /**
     * Runs a simulation with the seeds from 1 on. Called from a test method.
     *
     * @throws AssertionError when it threw for any of them
     */
    public static void run(int count, Simulation simulation) {
        start(caller(), 1, count, simulation);
    }

    /**
     * Runs a simulation with seeds that no build has run before, counted from the time of day in
     * milliseconds; when {@code simnet.seeds} says how many, with those from 1 on. Called from a
     * test method.
     *
     * @throws AssertionError when it threw for any of them
     */
    public static void runFresh(int count, Simulation simulation) {
        boolean asked = Integer.getInteger("simnet.seeds") != null;
        start(caller(), asked ? 1 : System.currentTimeMillis(), count, simulation);
    }

    private static String caller() {
        return StackWalker.getInstance()
                .walk(frames -> frames.skip(2).findFirst())
                .map(f ->
                        f.getClassName().replaceAll(".*\\.", "") + "#" + method(f.getMethodName()))
                .orElseThrow();
    }

    private static void start(String test, long from, int count, Simulation simulation) {
        String one = System.getProperty("simnet.seed");
        if (one != null) {
            runOne(test, Long.parseLong(one), simulation);
        } else {
            long first = Long.getLong("simnet.first", from);
            runMany(test, first, Integer.getInteger("simnet.seeds", count), simulation);
        }
    }

    /** The method of the source in which the compiler found a lambda. */
    private static String method(String name) {
        return name.replaceFirst("^lambda\\$(.*)\\$\\d+$", "$1");
    }

    private static void runMany(String test, long first, int count, Simulation simulation) {
        List<Failure> failures = new ArrayList<>();
        AtomicLong next = new AtomicLong(first);
        Runnable worker =
                () -> {
                    for (long seed = next.getAndIncrement();
                            seed < first + count;
                            seed = next.getAndIncrement()) {
                        Throwable thrown = attempt(seed, new Trace(), simulation);
                        synchronized (failures) {
                            if (thrown != null) {
                                failures.add(new Failure(seed, thrown));
                            }
                            if (failures.size() >= ENOUGH_FAILURES) {
                                return;
                            }
                        }
                    }
                };
        int most = Integer.getInteger("simnet.threads", DEFAULT_THREADS);
        runOn(Math.min(most, Runtime.getRuntime().availableProcessors()), worker);
        if (!failures.isEmpty()) {
            throw failed(test, failures);
        }
    }

    private static void runOn(int threads, Runnable worker) {
        List<Thread> others = new ArrayList<>();
        for (int i = 1; i < threads; i++) {
            others.add(Thread.ofPlatform().name("simnet-" + i).start(worker));
        }
        worker.run();
        try {
            for (Thread other : others) {
                other.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while seeds were running", e);
        }
    }

    static void runOne(String test, long seed, Simulation simulation) {
        Path file = Path.of("target", "simnet", test.replace('#', '.') + "-" + seed + ".txt");
        Throwable thrown;
        try {
            Files.createDirectories(file.getParent());
            try (Writer text = Files.newBufferedWriter(file)) {
                thrown = attempt(seed, new Trace(text), simulation);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.out.println("Trace of seed " + seed + ": " + file.toAbsolutePath());
        if (thrown != null) {
            throw failed(test, List.of(new Failure(seed, thrown)));
        }
    }

    /** Also an Error is the seed's result, and must not end the thread that runs the others. */
    private static @Nullable Throwable attempt(long seed, Trace trace, Simulation simulation) {
        try {
            simulation.run(seed, trace);
            return null;
        } catch (Throwable thrown) {
            return thrown;
        }
    }

    private static AssertionError failed(String test, List<Failure> unordered) {
        List<Failure> failures =
                unordered.stream().sorted(Comparator.comparingLong(Failure::seed)).toList();
        Failure first = failures.getFirst();
        StringBuilder s = new StringBuilder();
        s.append(failures.size() == 1 ? "Seed" : "Seeds");
        failures.forEach(f -> s.append(' ').append(f.seed()));
        s.append(" failed. Seed ")
                .append(first.seed())
                .append(": ")
                .append(first.thrown().getMessage());
        s.append("\nAgain, with a trace: ").append(command(test, first.seed()));
        AssertionError error = new AssertionError(s.toString(), first.thrown());
        failures.stream().skip(1).forEach(f -> error.addSuppressed(f.thrown()));
        return error;
    }

    /** What runs one seed of a test again, also in a clone in which nothing has been built. */
    static String command(String test, long seed) {
        return "./mvnw -pl simnet -am test -Dsurefire.failIfNoSpecifiedTests=false -Dtest='"
                + test
                + "' -Dsimnet.seed="
                + seed;
    }
}
