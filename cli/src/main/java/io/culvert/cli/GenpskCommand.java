package io.culvert.cli;

import io.culvert.wireguard.PresharedKey;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(name = "genpsk", description = "Prints a new preshared key, as wg genpsk does.")
final class GenpskCommand implements Runnable {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        PresharedKey key = PresharedKey.generate(new SystemEntropy());
        spec.commandLine().getOut().println(key.toBase64());
        key.destroy();
    }
}
