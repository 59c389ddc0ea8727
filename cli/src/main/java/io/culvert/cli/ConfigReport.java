package io.culvert.cli;

import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import io.culvert.proxy.Problems.Problem;
import java.io.PrintWriter;

/**
 * Shows what is wrong with a configuration, a line each; warnings only once there are no errors.
 */
final class ConfigReport {
    private ConfigReport() {}

    static void print(Problems problems, PrintWriter err) {
        if (problems.hasErrors()) {
            problems.errors().forEach(problem -> err.println(line(problem)));
        } else {
            problems.warnings().forEach(problem -> err.println("warning: " + line(problem)));
        }
    }

    /** In wg-quick files sections repeat, so that there a path needs its line to be found. */
    static String line(Problem problem) {
        Place place = problem.place();
        String where =
                place.path().startsWith("[") && place.line() > 0
                        ? place.file() + ":" + place.line() + ": " + place.path()
                        : place.toString();
        return LogLine.oneLine(where + ": " + problem.sentence());
    }
}
