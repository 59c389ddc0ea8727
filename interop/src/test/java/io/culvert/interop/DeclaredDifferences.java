package io.culvert.interop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where we answer otherwise than Linux on purpose: why, and what we say instead. */
final class DeclaredDifferences {
    private final Map<String, Difference> byRow = new LinkedHashMap<>();
    private String reason = "";

    /**
     * @param ours our transcript of the row
     */
    record Difference(String reason, List<String> ours) {}

    DeclaredDifferences() {
        strays();
        data();
        ends();
    }

    @Nullable Difference of(ProbeRow row) {
        return byRow.get(row.name());
    }

    Set<String> rows() {
        return byRow.keySet();
    }

    private void because(String why) {
        reason = why;
    }

    private void weSay(String row, String... transcript) {
        byRow.put(row, new Difference(reason, List.of(transcript)));
    }

    private void strays() {
        because(
                "RFC 9293, 3.10.7.1 would have it answered, but only scanners send it: no answer,"
                        + " nothing learnt");
        weSay("nobody: FIN", "-");
        weSay("nobody: no flags", "-");
        weSay("nobody: no flags, data", "-");
        weSay("nobody: PSH+URG", "-");
        weSay("nobody: SYN+FIN", "-");
        weSay("nobody: FIN+PSH+URG", "-");
        because("no ECN, so a request for it is not granted");
        weSay("listener: SYN that asks for ECN", "SA 0 ack 1 mss full");
        because(
                "an option nobody asked for is skipped (MUST-6); Linux drops signed segments"
                        + " without a key");
        weSay("options: MD5 signature", "SA 0 ack 1 mss full");
        weSay("data with an MD5 signature", "A 1 ack 7 ts 3", "A 1 ack 8 ts 4", "heard abcxyzz");
        because(
                "a SYN that is not the client's proves nothing: it is challenged, as RFC 5961, 4"
                        + " has it later; Linux gives the connection up");
        weSay("half open: other SYN", "A 1 ack 1 ts 0");
        because("RFC 7323 has no check of echoes, which new kernels do");
        weSay("half open: ACK with a foreign echo", "-");
        weSay("dialled: SYN+ACK with a foreign echo", "A 1 ack 1 ts 0", "heard ");
        because("a path may reorder by so much: PAWS begins at 100 ticks");
        weSay("half open: ACK with a timestamp of reordering", "-");
        because("FIN contradicts SYN: dropped before anything else");
        weSay("dialled: SYN+ACK+FIN", "-", "-", "heard ");
        weSay("dialled: SYN+FIN", "-", "heard ");
        because("the repeated SYN is acknowledged; that it was a duplicate helps nobody");
        weSay(
                "dialled: simultaneous SYN, then SYN+ACK",
                "SA 0 ack 1 mss full sackok ts 0 ws",
                "A 1 ack 1 ts 1",
                "A 1 ack 2 ts 2",
                "heard z");
        because("RFC 9293, 3.10.7.4: an active open that is reset in SYN-RECEIVED was refused");
        weSay(
                "dialled: simultaneous SYN, then RST",
                "SA 0 ack 1 mss full sackok ts 0 ws",
                "-",
                "heard REFUSED");
    }

    private void data() {
        because(
                "RFC 5961, 5.2: discarded, and its timestamp and data with it, which Linux takes on"
                        + " its short way");
        weSay("ACK one too low", "A 1 ack 4 ts 2", "A 1 ack 5 ts 4", "heard abcz");
        weSay("ACK below any window", "A 1 ack 4 ts 2", "A 1 ack 5 ts 4", "heard abcz");
        weSay("data whose ACK is of long ago", "A 1 ack 4 ts 2", "A 1 ack 5 ts 4", "heard abcz");
        weSay(
                "data whose ACK is below our first byte",
                "A 1 ack 4 ts 2",
                "A 1 ack 5 ts 4",
                "heard abcz");
        because("the first copy of a byte wins whatever the order");
        weSay(
                "data after a hole, the hole filled otherwise",
                "A 1 ack 4 ts 2 sack 7-10",
                "A 1 ack 13 ts 4 sack 7-10",
                "A 1 ack 14 ts 5",
                "heard abcdefghijklz");
        weSay(
                "data after a hole, overlapped from below",
                "A 1 ack 4 ts 2 sack 9-12",
                "A 1 ack 4 ts 2 sack 9-11 sack 7-12",
                "A 1 ack 12 ts 5",
                "A 1 ack 13 ts 6",
                "heard abcdefghijkz");
        weSay(
                "data after a hole, covered",
                "A 1 ack 4 ts 2 sack 8-10",
                "A 1 ack 4 ts 2 sack 8-10 sack 7-11",
                "A 1 ack 11 ts 5",
                "A 1 ack 12 ts 6",
                "heard abcdefghijz");
        because("urgent data is data of the stream (RFC 6093 would have nobody use it otherwise)");
        weSay("data that is urgent", "A 1 ack 7 ts 3", "A 1 ack 8 ts 4", "heard abcxyzz");
    }

    private void ends() {
        because("what follows a FIN is not of the stream");
        weSay(
                "data after a FIN behind a hole",
                "A 1 ack 4 ts 2",
                "A 1 ack 4 ts 2",
                "A 1 ack 8 ts 5",
                "heard abcdef END");
        weSay(
                "another FIN behind a hole",
                "A 1 ack 4 ts 2",
                "A 1 ack 4 ts 2",
                "A 1 ack 8 ts 5",
                "heard abcdef END");
        because("a FIN has no byte: SACK blocks are of data alone, where Linux counts it as one");
        weSay("FIN again", "A 1 ack 5 ts 3", "A 1 ack 5 ts 4", "heard abc END");
        weSay(
                "FIN after a hole, which is filled",
                "A 1 ack 4 ts 2",
                "A 1 ack 8 ts 4",
                "heard abcxyz END");
        weSay(
                "FIN with data after a hole, which is filled",
                "A 1 ack 4 ts 2 sack 7-10",
                "A 1 ack 11 ts 4",
                "heard abcxyzuvw END");
        weSay("FIN from below", "A 1 ack 4 ts 2", "A 1 ack 5 ts 4", "heard abcz");
        weSay("CLOSE-WAIT: FIN of before", "A 1 ack 5 ts 4", "heard abc END");
        weSay("CLOSING: FIN of before", "A 2 ack 5 ts 4", "heard abc END");
        weSay("LAST-ACK: FIN of before", "A 2 ack 5 ts 4", "heard abc END");
        weSay(
                "FIN-WAIT-2: FIN after a hole, which is filled",
                "A 2 ack 4 ts 3",
                "A 2 ack 8 ts 5",
                "heard abcxyz END");
        because(
                "what a peer says behind its FIN is told that it is beyond the end; Linux is silent"
                        + " or resets");
        weSay("data after FIN", "A 1 ack 5 ts 3", "A 1 ack 5 ts 4", "heard abc END");
        weSay("data over FIN", "A 1 ack 5 ts 3", "A 1 ack 5 ts 4", "heard abc END");
        weSay("CLOSE-WAIT: data", "A 1 ack 5 ts 4", "heard abc END");
        weSay("CLOSE-WAIT: FIN", "A 1 ack 5 ts 4", "heard abc END");
        weSay("CLOSING: data", "A 2 ack 5 ts 4", "heard abc END");
        weSay("CLOSING: FIN", "A 2 ack 5 ts 4", "heard abc END");
        weSay("LAST-ACK: data", "A 2 ack 5 ts 4", "heard abc END");
        weSay("LAST-ACK: FIN", "A 2 ack 5 ts 4", "heard abc END");
        weSay("CLOSE-WAIT: FIN with more data", "A 1 ack 5 ts 4", "heard abc END");
        weSay("closed after the peer: data", "A 2 ack 5 ts 4");
        because("RFC 7323, 3.2: once agreed upon, a segment without timestamp is dropped");
        weSay("data without timestamp", "A 1 ack 4 ts 2", "A 1 ack 5 ts 4", "heard abcz");
        weSay("ACK without timestamp", "A 1 ack 4 ts 2", "A 1 ack 5 ts 4", "heard abcz");
        weSay("FIN without timestamp", "A 1 ack 4 ts 2", "A 1 ack 5 ts 4", "heard abcz");
        weSay("FIN-WAIT-1: data without timestamp", "A 2 ack 4 ts 2", "heard abc");
        weSay("FIN-WAIT-2: data without timestamp", "A 2 ack 4 ts 3", "heard abc");
        weSay("CLOSE-WAIT: data without timestamp", "A 1 ack 5 ts 3", "heard abc END");
        weSay("CLOSING: data without timestamp", "A 2 ack 5 ts 3", "heard abc END");
        weSay("LAST-ACK: data without timestamp", "A 2 ack 5 ts 3", "heard abc END");
        because("RFC 1337: the rest of a connection is not for others to end");
        weSay("TIME-WAIT: RST exact", "-", "-", "heard abc END");
        because("what was closed still answers with its number");
        weSay("TIME-WAIT: SYN+FIN above", "A 2 ack 5 ts 4");
        because("the reset has the number that the peer expects, and an ACK");
        weSay("closed: data", "RA 2 ack 4");
        weSay("closed: data that acknowledges the FIN", "RA 2 ack 4");
        weSay("closed: data after a hole", "RA 2 ack 4");
        weSay("closed, FIN acknowledged: data", "RA 2 ack 4");
        weSay("closed, FIN acknowledged: FIN with data", "RA 2 ack 4");
        because(
                "a closed connection keeps all its rules; Linux keeps a summary, which any RST or"
                        + " SYN in the window ends");
        weSay("closed, FIN acknowledged: old data", "A 2 ack 4 ts 4 sack 1-4");
        weSay("closed, FIN acknowledged: RST one above", "A 2 ack 4 ts 3", "A 2 ack 5 ts 5");
        weSay("closed, FIN acknowledged: SYN", "A 2 ack 4 ts 3", "A 2 ack 5 ts 5");
    }
}
