package io.culvert.proxy;

import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How long a client is left without an answer before it is refused, as scanners learn least from
 * that: seconds, chosen anew each time.
 *
 * @param min at least
 * @param max at most; not less
 */
record BlockDelay(int min, int max) {

    /** An answer at once. */
    static final BlockDelay NONE = new BlockDelay(0, 0);

    private static final int MAX_SECONDS = 3600;

    /** Reads seconds, or a range of them such as {@code 30-90}; none where it is absent. */
    static BlockDelay read(ConfigNode node, Problems problems) {
        if (node.isAbsent()) {
            return NONE;
        }
        if (node.kind() == ConfigNode.Kind.INTEGER) {
            int seconds = (int) node.integer(problems, 0, MAX_SECONDS, 0);
            return new BlockDelay(seconds, seconds);
        }
        String text = node.string(problems);
        BlockDelay delay = text == null ? NONE : parse(text);
        if (delay == null) {
            problems.error(
                    node,
                    "must be seconds up to "
                            + MAX_SECONDS
                            + ", or a range of them such as \"30-90\", not \""
                            + text
                            + "\"");
            return NONE;
        }
        return delay;
    }

    private static @Nullable BlockDelay parse(String text) {
        int dash = text.indexOf('-');
        int min = PortSet.port((dash < 0 ? text : text.substring(0, dash)).strip());
        int max = dash < 0 ? min : PortSet.port(text.substring(dash + 1).strip());
        return min < 0 || max < min || max > MAX_SECONDS ? null : new BlockDelay(min, max);
    }

    /**
     * One delay in seconds.
     *
     * @param random a number below its argument
     */
    int choose(IntUnaryOperator random) {
        return min + random.applyAsInt(max - min + 1);
    }
}
