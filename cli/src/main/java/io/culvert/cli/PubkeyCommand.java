package io.culvert.cli;

import io.culvert.wireguard.PrivateKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "pubkey",
        description =
                "Reads a private key from standard input and prints its public key, as wg pubkey does.")
final class PubkeyCommand implements Callable<Integer> {
    /** A key has 44 characters; what is much longer is something else. */
    private static final int MAX_INPUT = 1024;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        byte[] input = System.in.readNBytes(MAX_INPUT);
        PrivateKey key;
        try {
            key = PrivateKey.fromBase64(new String(input, StandardCharsets.US_ASCII).strip());
        } catch (IllegalArgumentException e) {
            spec.commandLine()
                    .getErr()
                    .println(
                            "standard input holds no private key: 44 characters of base64, the last one =");
            return ExitCode.BAD_INPUT;
        }
        spec.commandLine().getOut().println(key.publicKey().toBase64());
        key.destroy();
        return ExitCode.OK;
    }
}
