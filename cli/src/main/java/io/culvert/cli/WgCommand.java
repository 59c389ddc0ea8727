package io.culvert.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "wg", description = "Prints a new key pair for WireGuard, as xray wg does.")
final class WgCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "-i", paramLabel = "KEY", description = "The private key; a new one otherwise.")
    private @Nullable String key;

    @Override
    public Integer call() {
        return KeyPairPrinter.print(key, true, spec.commandLine());
    }
}
