package io.culvert.cli;

import picocli.CommandLine.IVersionProvider;

/** What this build calls itself, and what it runs on. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {line()};
    }

    static String line() {
        return "culvert "
                + number()
                + " (Java "
                + Runtime.version()
                + ", "
                + System.getProperty("os.name")
                + " "
                + System.getProperty("os.arch")
                + ")";
    }

    private static String number() {
        var descriptor = Culvert.class.getModule().getDescriptor();
        // On the class path, as in tests, there is no descriptor.
        return descriptor == null ? "development" : descriptor.rawVersion().orElse("development");
    }
}
