package io.culvert.tunnel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * Anything that a client of the management interface may say. However its bytes are cut, it gets
 * the same answer, every operation ends with its errno, and what {@code get} then prints makes an
 * equal device when it is given to {@code set}.
 */
public final class UapiFuzz {
    private static final Pattern ANSWER =
            Pattern.compile("(([a-z_0-9]+=[^\n]*\n)*errno=-?\\d+\n\n)*");
    private static final Pattern ONLY_SHOWN =
            Pattern.compile("(last_handshake_time_n?sec|[tr]x_bytes)=\\d+\n");
    private static final String OK = "errno=0\n\n";

    private UapiFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        int piece = data.length == 0 ? 1 : 1 + (data[0] & 0xff);
        byte[] said = data.length == 0 ? data : Arrays.copyOfRange(data, 1, data.length);
        UapiExchange exchange = new UapiExchange();
        exchange.device.up(exchange.now);
        byte[] answer = exchange.session().converse(said, piece);
        require(Arrays.equals(answer, UapiExchange.answer(said)), "pieces make no difference");
        require(ANSWER.matcher(text(answer)).matches(), "an answer is lines that end with errno");
        require(printsWhatItReads(exchange), "set(get) is the same");
    }

    private static boolean printsWhatItReads(UapiExchange exchange) {
        String shown = exchange.get();
        require(shown.endsWith(OK), "get succeeds");
        String settings =
                ONLY_SHOWN.matcher(shown.substring(0, shown.length() - OK.length())).replaceAll("");
        UapiExchange copy = new UapiExchange();
        copy.device.up(copy.now);
        require(copy.set(settings).equals(OK), "what is shown can be set");
        return ONLY_SHOWN.matcher(copy.get()).replaceAll("").equals(settings + OK);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, ISO_8859_1);
    }

    private static void require(boolean holds, String claim) {
        if (!holds) {
            throw new AssertionError("does not hold: " + claim);
        }
    }
}
