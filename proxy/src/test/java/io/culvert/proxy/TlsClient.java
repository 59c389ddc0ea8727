package io.culvert.proxy;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** What a real TLS client, the JDK's, says first. */
final class TlsClient {
    private static final int RECORD_HEADER = 5;

    private TlsClient() {}

    /** A ClientHello in one record; without a server's name if that is null. */
    static byte[] hello(@Nullable String name) throws GeneralSecurityException, SSLException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, null, null);
        SSLEngine engine = context.createSSLEngine("ignored.test", 443);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(name == null ? List.of() : List.of(new SNIHostName(name)));
        engine.setSSLParameters(parameters);
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.beginHandshake();
        engine.wrap(ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    /** The same message in several records of at most so many bytes each. */
    static byte[] inRecords(byte[] hello, int most) {
        int message = hello.length - RECORD_HEADER;
        int records = (message + most - 1) / most;
        ByteBuffer out = ByteBuffer.allocate(message + records * RECORD_HEADER);
        for (int from = 0; from < message; from += most) {
            int length = Math.min(most, message - from);
            out.put(hello, 0, RECORD_HEADER - 2).putShort((short) length);
            out.put(hello, RECORD_HEADER + from, length);
        }
        return out.array();
    }

    /** The handshake message alone, as QUIC carries it. */
    static byte[] message(byte[] hello) {
        return Arrays.copyOfRange(hello, RECORD_HEADER, hello.length);
    }
}
