package io.culvert.cli;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/** Writes events at once, or keeps them back for a while. */
final class EventHandler extends Handler {
    private final Consumer<String> out;
    private final AddressMask mask;
    private final Formatter form;
    private final List<LogRecord> waiting = new ArrayList<>();
    private boolean paused;

    EventHandler(Consumer<String> out, LogLevel level, AddressMask mask) {
        this.out = out;
        this.mask = mask;
        this.form = new LogLine(ZoneId.systemDefault(), level == LogLevel.DEBUG);
        setLevel(level.threshold());
    }

    @Override
    public synchronized void publish(LogRecord event) {
        if (!isLoggable(event)) {
            return;
        }
        if (paused) {
            waiting.add(event);
        } else {
            write(event);
        }
    }

    synchronized void pause() {
        paused = true;
    }

    synchronized void forget() {
        waiting.removeIf(event -> event.getLevel().intValue() < Level.WARNING.intValue());
    }

    synchronized void resume() {
        paused = false;
        waiting.forEach(this::write);
        waiting.clear();
    }

    private void write(LogRecord event) {
        out.accept(mask.apply(form.format(event)));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
