package io.culvert.cli;

/**
 * What the process says to the one who started it. {@code ./culvert} itself adds 3: no JDK found.
 */
final class ExitCode {
    static final int OK = 0;
    static final int FAILURE = 1;
    static final int BAD_INPUT = 2;

    private ExitCode() {}
}
