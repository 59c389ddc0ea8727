/** Commands and configuration files. */
module io.culvert.cli {
    requires static org.jspecify;
    requires io.culvert.proxy;
    requires info.picocli;
    requires java.logging;
    requires jdk.unsupported;
    requires org.snakeyaml.engine;
    requires org.tomlj;
    requires tools.jackson.core;

    // The JDK makes StandingLogManager by name.
    exports io.culvert.cli to
            java.logging;

    opens io.culvert.cli to
            info.picocli;
}
