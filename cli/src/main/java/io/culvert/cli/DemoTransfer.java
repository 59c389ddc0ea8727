package io.culvert.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Bytes in bulk through SOCKS5, each compared with what it must be. */
final class DemoTransfer {
    enum Direction {
        DOWNLOAD,
        UPLOAD
    }

    private final Supplier<DemoNetwork.Entrances> entrances;
    private final InetSocketAddress site;
    private final DemoProgress progress;
    private final DemoWork work;

    DemoTransfer(
            Supplier<DemoNetwork.Entrances> entrances,
            InetSocketAddress site,
            DemoProgress progress,
            DemoWork work) {
        this.entrances = entrances;
        this.site = site;
        this.progress = progress;
        this.work = work;
    }

    /**
     * Moves {@code bytes} over so many connections at once.
     *
     * @return how long it took, in nanoseconds
     */
    long move(Direction direction, int connections, long bytes) throws DemoException {
        List<Callable<Void>> parts = new ArrayList<>();
        long each = bytes / connections;
        for (int i = 0; i < connections; i++) {
            parts.add(() -> {
                try (var c = DemoPath.SOCKS5.open(entrances.get(), site)) {
                    if (direction == Direction.DOWNLOAD) {
                        download(c, each);
                    } else {
                        upload(c, each);
                    }
                }
                return null;
            });
        }
        long began = System.nanoTime();
        work.all(direction == Direction.DOWNLOAD ? "the download" : "the upload", parts);
        return System.nanoTime() - began;
    }

    private void download(DemoPath.Connection c, long bytes) throws IOException, DemoException {
        c.request("GET", "/down/" + bytes, 0);
        long length = DemoHttp.answer(c.in()).contentLength();
        if (length != bytes) {
            throw new DemoException("asked for " + bytes + " bytes, was offered " + length);
        }
        long at = new DemoPattern().firstDifference(c.in(), bytes, progress::moved);
        if (at >= 0) {
            throw new DemoException("what was downloaded differs, or ends, at byte " + at);
        }
    }

    private void upload(DemoPath.Connection c, long bytes) throws IOException, DemoException {
        c.request("POST", "/up", bytes);
        new DemoPattern().write(c.out(), bytes, progress::moved);
        String verdict = DemoHttp.body(c.in(), DemoHttp.answer(c.in()));
        if (!verdict.equals("same")) {
            throw new DemoException("what was uploaded " + verdict);
        }
    }
}
