package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A proxy started from JSON text, on ports that the system chose. */
final class ProxyRig implements AutoCloseable {

    /** How long a test waits for bytes before it fails. */
    static final int PATIENCE_MILLIS = 20_000;

    private final Proxy proxy;

    private ProxyRig(Proxy proxy) {
        this.proxy = proxy;
    }

    /** Apostrophes stand for quotes. */
    static ProxyRig start(String json) throws StartException {
        Problems problems = new Problems();
        Proxy proxy = Proxy.create(Json.parse(json.replace('\'', '"')), problems);
        assertThat(problems.errors()).isEmpty();
        if (proxy == null) {
            throw new IllegalStateException("no proxy");
        }
        proxy.start();
        return new ProxyRig(proxy);
    }

    Proxy proxy() {
        return proxy;
    }

    InetSocketAddress address(String tag) {
        return snapshot(tag).addresses().getFirst();
    }

    ProxySnapshot.Inbound snapshot(String tag) {
        return proxy.snapshot().inbounds().stream()
                .filter(inbound -> inbound.tag().equals(tag))
                .findFirst()
                .orElseThrow();
    }

    ProxySnapshot.Outbound outbound(String tag) {
        return proxy.snapshot().outbounds().stream()
                .filter(outbound -> outbound.tag().equals(tag))
                .findFirst()
                .orElseThrow();
    }

    Socket connect(String tag) throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), address(tag).getPort()),
                PATIENCE_MILLIS);
        return socket;
    }

    @Override
    public void close() {
        proxy.close();
    }
}
