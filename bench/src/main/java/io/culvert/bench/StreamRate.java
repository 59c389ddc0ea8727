package io.culvert.bench;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What iperf3 says of all its streams together, as their receiver counts.
 *
 * @param bytes of payload
 */
record StreamRate(double megabits, long bytes) {
    private static final Pattern RECEIVED =
            Pattern.compile(
                    "\"sum_received\":\\s*\\{[^}]*\"bytes\":\\s*([0-9]+),"
                            + "\\s*\"bits_per_second\":\\s*([0-9.e+]+)");

    static StreamRate parse(String json) throws IOException {
        Matcher received = RECEIVED.matcher(json);
        if (!received.find()) {
            throw new IOException("iperf3: " + json.strip());
        }
        return new StreamRate(
                Double.parseDouble(received.group(2)) / 1e6, Long.parseLong(received.group(1)));
    }
}
