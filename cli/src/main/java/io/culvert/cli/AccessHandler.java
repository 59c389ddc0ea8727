package io.culvert.cli;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;

/**
 * The access log, in the form of Xray's, which panels and fail2ban read: {@code 2026/11/28
 * 03:15:38.123456 from 192.0.2.7:40112 accepted tcp:example.org:443 [socks -> out]}.
 */
final class AccessHandler extends Handler {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy/MM/dd HH:mm:ss.SSSSSS", Locale.ROOT);

    private final LineQueue queue;
    private final AddressMask mask;
    private final ZoneId zone = ZoneId.systemDefault();

    AccessHandler(Consumer<String> out, AddressMask mask) {
        this.queue = new LineQueue(out);
        this.mask = mask;
    }

    @Override
    public void publish(LogRecord event) {
        if (isLoggable(event)) {
            String time = TIME.format(event.getInstant().atZone(zone));
            queue.add(time + " " + mask.apply(LogLine.oneLine(event.getMessage())) + "\n");
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        queue.close();
    }
}
