/** Commands and configuration files. */
module io.culvert.cli {
    requires static org.jspecify;
    requires io.culvert.proxy;
    requires info.picocli;
    requires java.logging;
    requires tools.jackson.core;

    opens io.culvert.cli to
            info.picocli;
}
