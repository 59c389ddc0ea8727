/** Test support: a seeded virtual network in virtual time. */
module io.culvert.simnet {
    requires static org.jspecify;
    requires transitive io.culvert.tunnel;

    exports io.culvert.simnet;
}
