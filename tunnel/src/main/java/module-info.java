/** Makes the two engines live; the public library API. */
module io.culvert.tunnel {
    requires static org.jspecify;
    requires transitive io.culvert.wireguard;
    requires transitive io.culvert.netstack;
    requires transitive io.netty.transport;
    requires transitive io.netty.buffer;
    requires transitive io.netty.common;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.unix.common;

    exports io.culvert.tunnel;
}
