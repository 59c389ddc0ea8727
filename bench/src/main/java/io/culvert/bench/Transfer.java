package io.culvert.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the receiver of an iperf3 run counted, interval by interval. */
record Transfer(List<Interval> intervals) {
    private static final Pattern SUM =
            Pattern.compile(
                    "\"sum\":\\s*\\{\\s*\"start\":\\s*([0-9.e+-]+),\\s*\"end\":\\s*([0-9.e+-]+),"
                            + "\\s*\"seconds\":\\s*[0-9.e+-]+,\\s*\"bytes\":\\s*([0-9]+)");
    private static final Pattern ERROR = Pattern.compile("\"error\":\\s*\"([^\"]*)\"");

    /** From and to in seconds since the run began. */
    record Interval(double from, double to, long bytes) {}

    /**
     * Reads the client's JSON.
     *
     * @param up whether the server received; its output must be in the client's
     */
    static Transfer parse(String json, boolean up) {
        int server = json.indexOf("\"server_output_json\"");
        Matcher error = ERROR.matcher(json);
        if (error.find() || (up && server < 0)) {
            throw new IllegalStateException("iperf3: " + (server < 0 ? json : error.group(1)));
        }
        int begin = up ? server : 0;
        int end = up || server < 0 ? json.length() : server;
        Matcher sum = SUM.matcher(json).region(begin, end);
        List<Interval> intervals = new ArrayList<>();
        while (sum.find()) {
            intervals.add(
                    new Interval(
                            Double.parseDouble(sum.group(1)),
                            Double.parseDouble(sum.group(2)),
                            Long.parseLong(sum.group(3))));
        }
        return new Transfer(intervals);
    }

    /** Goodput in Mb/s of the intervals that begin and end within these seconds. */
    double megabits(double from, double to) {
        double seconds = 0;
        long bytes = 0;
        for (Interval interval : intervals) {
            // The last one may have been cut short; iperf3's seconds are a little off.
            if (interval.from > from - 0.1 && interval.to < to + 0.1) {
                seconds += interval.to - interval.from;
                bytes += interval.bytes;
            }
        }
        return bytes * 8 / seconds / 1e6;
    }
}
