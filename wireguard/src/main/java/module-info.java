/** The WireGuard protocol as a pure state machine. */
module io.culvert.wireguard {
    requires static org.jspecify;
    requires transitive io.culvert.crypto;

    exports io.culvert.wireguard;
}
