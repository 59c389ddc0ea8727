package io.culvert.proxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Says HTTP line by line, as a client and as a server. */
@SuppressWarnings("StringConcatToTextBlock") // lines of HTTP end in CRLF
final class HttpWire {

    /** A proxy without accounts; port 7 leads nowhere. */
    static final String OPEN =
            "{'inbounds':[{'tag':'in','protocol':'http','listen':'127.0.0.1','port':0}],"
                    + "'outbounds':[{'protocol':'freedom','tag':'out'},"
                    + "{'protocol':'blackhole','tag':'hole'}],"
                    + "'routing':{'rules':[{'port':7,'outboundTag':'hole'}]}}";

    private HttpWire() {}

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static String ok(String body) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    static String readHead(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                return head.toString(StandardCharsets.ISO_8859_1);
            }
            head.write(b);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    static String readBody(String head, InputStream in) throws IOException {
        String lower = head.toLowerCase(Locale.ROOT);
        if (lower.contains("transfer-encoding: chunked")) {
            StringBuilder body = new StringBuilder();
            while (true) {
                int size = Integer.parseInt(readLine(in), 16);
                if (size == 0) {
                    while (!readLine(in).isEmpty()) {
                        // trailers
                    }
                    return body.toString();
                }
                body.append(new String(in.readNBytes(size), StandardCharsets.ISO_8859_1));
                readLine(in);
            }
        }
        int at = lower.indexOf("content-length: ");
        if (at < 0) {
            return "";
        }
        int length = Integer.parseInt(lower.substring(at + 16, lower.indexOf('\r', at)).strip());
        return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    static String readLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
            line.append((char) b);
        }
        return line.toString().strip();
    }

    static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(bytes(text));
    }

    /** The next response, head and decoded body. */
    static String response(Socket socket) throws IOException {
        String head = readHead(socket.getInputStream());
        return head + readBody(head, socket.getInputStream());
    }

    static String get(String url, String... fields) {
        return request("GET", url, "", fields);
    }

    static String request(String method, String url, String body, String... fields) {
        StringBuilder text = new StringBuilder(method + " " + url + " HTTP/1.1\r\nHost: wrong\r\n");
        for (String field : fields) {
            text.append(field).append("\r\n");
        }
        return text.append("\r\n").append(body).toString();
    }
}
