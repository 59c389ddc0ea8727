package io.culvert.cli;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** As much of HTTP/1.1 as the demo says to itself. */
final class DemoHttp {
    private static final int MAX_HEAD = 16 * 1024;

    private DemoHttp() {}

    /** The lines above a body. */
    record Head(String startLine, long contentLength) {
        boolean isOk() {
            return startLine.startsWith("HTTP/1.1 200");
        }
    }

    /** The next head, or null when the stream ends before it. */
    static @Nullable Head head(InputStream in) throws IOException {
        StringBuilder text = new StringBuilder(256);
        while (text.length() < 4 || !text.substring(text.length() - 4).equals("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                if (text.isEmpty()) {
                    return null;
                }
                throw new EOFException("the stream ended within a header");
            }
            if (text.length() == MAX_HEAD) {
                throw new IOException("a header is larger than " + MAX_HEAD + " bytes");
            }
            text.append((char) b);
        }
        long length = 0;
        for (String line : text.toString().split("\r\n")) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                length = Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
            }
        }
        return new Head(text.substring(0, text.indexOf("\r\n")), length);
    }

    /** As {@link #head}, of an answer that must come and be a 200. */
    static Head answer(InputStream in) throws IOException {
        Head head = head(in);
        if (head == null) {
            throw new EOFException("the connection was closed without an answer");
        }
        if (!head.isOk()) {
            throw new IOException("the answer was " + head.startLine());
        }
        return head;
    }

    static void writeHead(OutputStream out, String status, String type, long length)
            throws IOException {
        out.write(
                ascii(
                        "HTTP/1.1 "
                                + status
                                + "\r\nContent-Type: "
                                + type
                                + "\r\nContent-Length: "
                                + length
                                + "\r\n\r\n"));
    }

    static void writeRequest(OutputStream out, String requestLine, String host, long length)
            throws IOException {
        String body = length == 0 ? "" : "Content-Length: " + length + "\r\n";
        out.write(ascii(requestLine + " HTTP/1.1\r\nHost: " + host + "\r\n" + body + "\r\n"));
        out.flush();
    }

    static String body(InputStream in, Head head) throws IOException {
        int length = Math.toIntExact(head.contentLength());
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException(
                    "the body ended after " + bytes.length + " of " + length + " bytes");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
