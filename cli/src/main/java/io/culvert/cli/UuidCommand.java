package io.culvert.cli;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "uuid", description = "Prints a new UUID, as xray uuid does.")
final class UuidCommand implements Callable<Integer> {
    private static final int MAX_BYTES = 30;
    private static final int UUID_BYTES = 16;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "-i",
            paramLabel = "TEXT",
            description =
                    "Prints the UUID that stands for this text of at most 30 bytes in Xray's files.")
    private @Nullable String text;

    @Override
    public Integer call() {
        if (text == null || text.isEmpty()) {
            spec.commandLine().getOut().println(UUID.randomUUID());
            return ExitCode.OK;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_BYTES) {
            spec.commandLine().getErr().println("-i takes at most 30 bytes");
            return ExitCode.BAD_INPUT;
        }
        spec.commandLine().getOut().println(named(bytes));
        return ExitCode.OK;
    }

    /** RFC 9562 section 5.5 (version 5) in the nil UUID's name space. */
    private static UUID named(byte[] name) {
        try {
            MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
            sha1.update(new byte[UUID_BYTES]);
            ByteBuffer hash = ByteBuffer.wrap(sha1.digest(name));
            long high = (hash.getLong() & ~0xf000L) | 0x5000L;
            long low = (hash.getLong() & ~(3L << 62)) | 1L << 63;
            return new UUID(high, low);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }
}
