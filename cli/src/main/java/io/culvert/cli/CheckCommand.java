package io.culvert.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "check",
        description =
                "Says whether a configuration is right, and else everything that is wrong; touches nothing.")
final class CheckCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private ConfigOptions config = new ConfigOptions();

    @Override
    public Integer call() {
        if (config.proxy(spec.commandLine().getErr()) == null) {
            return ExitCode.BAD_INPUT;
        }
        spec.commandLine().getOut().println("Configuration OK.");
        return ExitCode.OK;
    }
}
