package io.culvert.cli;

import io.culvert.proxy.Problems;
import io.culvert.proxy.Proxy;
import io.culvert.proxy.StartException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Logger;

/** Reads the configuration of a running program again, once at a time. */
final class Reloading {
    private static final Logger LOG = Logger.getLogger(Reloading.class.getName());

    private final ConfigOptions config;
    private final Proxy proxy;
    private final PrintWriter out;
    private final PrintWriter err;

    /**
     * What came of it.
     *
     * @param done whether the files are in effect; else nothing has changed
     * @param lines what is wrong, or what is to be known
     */
    record Outcome(boolean done, List<String> lines) {}

    /**
     * @param out the console's access log
     * @param err the console's events
     */
    Reloading(ConfigOptions config, Proxy proxy, PrintWriter out, PrintWriter err) {
        this.config = config;
        this.proxy = proxy;
        this.out = out;
        this.err = err;
    }

    /** Puts what the files say now into effect, all of it or nothing, and logs what came of it. */
    synchronized Outcome run() {
        Outcome outcome = outcome();
        if (outcome.done()) {
            outcome.lines().forEach(LOG::warning);
            LOG.info("configuration read again");
        } else {
            outcome.lines().forEach(LOG::severe);
            LOG.severe("configuration not read again: nothing has changed");
        }
        return outcome;
    }

    private Outcome outcome() {
        Problems problems = new Problems();
        try {
            if (!config.reload(proxy, problems, out, err)) {
                return new Outcome(false, lines(problems.errors()));
            }
            return new Outcome(true, lines(problems.warnings()));
        } catch (LogFileException e) {
            List<String> lines = new ArrayList<>(lines(problems.warnings()));
            lines.add(LogLine.oneLine(e.getMessage()));
            return new Outcome(true, lines);
        } catch (StartException | IllegalStateException e) {
            return new Outcome(false, List.of(LogLine.oneLine(e.getMessage())));
        }
    }

    private static List<String> lines(List<Problems.Problem> problems) {
        return problems.stream().map(ConfigReport::line).toList();
    }
}
