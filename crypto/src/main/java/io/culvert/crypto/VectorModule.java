package io.culvert.crypto;

/**
 * Brings the module {@code jdk.incubator.vector} into a running JVM. Named on the command line, the
 * JDK announces it on standard error, and then neither takes the module graph from an AOT cache nor
 * links that cache's classes before {@code main}, which together are a quarter of a start. So
 * {@code ./culvert} only opens the way by which the JVM itself loads modules late, {@value
 * #LOADER}, by {@code --add-exports java.base/jdk.internal.module=io.culvert.crypto}.
 */
final class VectorModule {
    private static final String NAME = "jdk.incubator.vector";
    private static final String LOADER = "jdk.internal.module.Modules";

    private VectorModule() {}

    /** Has it loaded if it isn't there; does nothing where that is not possible. */
    static void load() {
        Module own = VectorModule.class.getModule();
        if (ModuleLayer.boot().findModule(NAME).isPresent() || !own.isNamed()) {
            return;
        }
        try {
            Object loaded =
                    Class.forName(LOADER).getMethod("loadModule", String.class).invoke(null, NAME);
            own.addReads((Module) loaded);
        } catch (ReflectiveOperationException e) {
            // Without vectors, then: the way isn't open, or this JDK has another one.
        }
    }
}
