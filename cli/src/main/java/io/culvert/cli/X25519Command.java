package io.culvert.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "x25519",
        description = "Prints a new X25519 key pair in base64url, as xray x25519 does.")
final class X25519Command implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "-i", paramLabel = "KEY", description = "The private key; a new one otherwise.")
    private @Nullable String key;

    @Option(
            names = {"--std-encoding", "-std-encoding"},
            description = "Base64 with padding, as WireGuard has it.")
    private boolean standard;

    @Override
    public Integer call() {
        return KeyPairPrinter.print(key, standard, spec.commandLine());
    }
}
