/** The primitives WireGuard needs. */
module io.culvert.crypto {
    requires static jdk.incubator.vector;
    requires static org.jspecify;

    exports io.culvert.crypto;
}
