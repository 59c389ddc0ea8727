package io.culvert.cli;

import java.util.logging.LogManager;

/**
 * Keeps logging up while the program closes: the JDK's own manager takes every handler away in a
 * shutdown hook that runs beside ours. Public only because the JDK makes it by name, from {@code
 * java.util.logging.manager}.
 */
public final class StandingLogManager extends LogManager {
    /** Made by the JDK. */
    public StandingLogManager() {}

    /** Does nothing. */
    @Override
    public void reset() {}
}
