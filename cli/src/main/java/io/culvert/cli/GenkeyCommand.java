package io.culvert.cli;

import io.culvert.wireguard.PrivateKey;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(name = "genkey", description = "Prints a new private key, as wg genkey does.")
final class GenkeyCommand implements Runnable {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        PrivateKey key = PrivateKey.generate(new SystemEntropy());
        spec.commandLine().getOut().println(key.toBase64());
        key.destroy();
    }
}
