/** Inbounds, outbounds, dispatcher and routing. */
module io.culvert.proxy {
    requires static org.jspecify;
    requires transitive io.culvert.tunnel;
    requires io.netty.codec;
    requires io.netty.codec.dns;
    requires io.netty.codec.haproxy;
    requires io.netty.codec.http;
    requires io.netty.codec.http2;
    requires io.netty.codec.socks;
    requires io.netty.handler;
    requires io.netty.resolver;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.unix.common;

    exports io.culvert.proxy;
}
