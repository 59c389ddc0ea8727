/** TCP/IP as a pure engine. */
module io.culvert.netstack {
    requires static org.jspecify;

    exports io.culvert.netstack;
}
