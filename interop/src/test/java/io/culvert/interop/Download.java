package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** A file on its way from the origin, to be looked at while it arrives. */
final class Download {
    private final Namespace host;
    private final Path file;
    private final Spawned curl;
    private final long length;

    /** {@code base} is the origin as the host sees it, such as http://10.77.0.1:8080. */
    Download(Lab lab, Namespace host, String base, long length, String... options) {
        this.host = host;
        this.length = length;
        file = lab.directory.resolve("download");
        String[] command = new String[options.length + 5];
        command[0] = "curl";
        command[1] = "-sS";
        command[2] = "-o";
        command[3] = file.toString();
        command[4] = base + "/bytes/" + length;
        System.arraycopy(options, 0, command, 5, options.length);
        curl = host.spawn(Map.of(), command);
    }

    long arrived() {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until that much is here and some is still to come. */
    void awaitArrived(long bytes) {
        curl.await(bytes + " bytes", Lab.SOON, () -> arrived() >= bytes);
        assertThat(arrived()).as("still to come").isLessThan(length);
    }

    /** Waits for the end, which has to be the end of the whole, unchanged file. */
    void awaitWhole(Duration limit) throws IOException {
        assertThat(curl.awaitExit(limit)).as("curl: " + curl.text()).isZero();
        assertThat(host.exec("sha256sum", file.toString())).startsWith(Pattern.sha256(length));
    }
}
