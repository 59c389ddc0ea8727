package io.culvert.bench;

/**
 * What an emulated path does to the packets of each of its directions.
 *
 * @param rttMillis round-trip time of an empty path; half of it each way
 * @param lossPercent share of the packets that are lost at random behind the bottleneck
 * @param megabits rate of the bottleneck in Mb/s of IP packets; {@link #UNLIMITED} for none
 * @param queueMillis size of the bottleneck's drop-tail queue, as time at its rate
 */
record PathShape(double rttMillis, double lossPercent, double megabits, double queueMillis) {
    static final double UNLIMITED = Double.POSITIVE_INFINITY;

    /** The form of {@link #toString}: RTT/loss/rate/queue in ms, %, Mb/s or "-", ms. */
    static PathShape parse(String text) {
        String[] parts = text.split("/", -1);
        if (parts.length != 4) {
            throw new IllegalArgumentException("not RTT/loss/rate/queue: " + text);
        }
        double rate = parts[2].equals("-") ? UNLIMITED : Double.parseDouble(parts[2]);
        return new PathShape(
                Double.parseDouble(parts[0]),
                Double.parseDouble(parts[1]),
                rate,
                Double.parseDouble(parts[3]));
    }

    long oneWayNanos() {
        return Math.round(rttMillis * 1e6 / 2);
    }

    double lossProbability() {
        return lossPercent / 100;
    }

    /** Time that a byte takes in the bottleneck; 0 without one. */
    double nanosPerByte() {
        return 8e3 / megabits;
    }

    long queueNanos() {
        return Math.round(queueMillis * 1e6);
    }

    @Override
    public String toString() {
        String rate = megabits == UNLIMITED ? "-" : plain(megabits);
        return plain(rttMillis) + "/" + plain(lossPercent) + "/" + rate + "/" + plain(queueMillis);
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
