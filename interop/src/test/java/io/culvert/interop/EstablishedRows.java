package io.culvert.interop;

import static io.culvert.interop.ProbeRow.row;
import static io.culvert.interop.ProbeSegment.FAR;
import static io.culvert.interop.ProbeSegment.data;

import java.util.ArrayList;
import java.util.List;

/** Segments for an established connection. */
final class EstablishedRows {
    private EstablishedRows() {}

    static List<ProbeRow> all() {
        List<ProbeRow> all = new ArrayList<>();
        all.addAll(resets());
        all.addAll(syns());
        all.addAll(acknowledgments());
        all.addAll(payloads());
        all.addAll(fins());
        all.addAll(nonsense());
        all.addAll(timestamps());
        return all;
    }

    private static ProbeSegment of(String flags) {
        return ProbeSegment.of(flags);
    }

    private static List<ProbeRow> resets() {
        return List.of(
                row("RST exact", p -> p.opened().send(of("R").seq(4)).end(4, 1)),
                row("RST one above", p -> p.opened().send(of("R").seq(5)).end(4, 1)),
                row("RST one below", p -> p.opened().send(of("R").seq(3)).end(4, 1)),
                row("RST far in the window", p -> p.opened().send(of("R").seq(20_000)).end(4, 1)),
                row("RST far below", p -> p.opened().send(of("R").seq(-20_000)).end(4, 1)),
                row("RST beyond the window", p -> p.opened().send(of("R").seq(FAR)).end(4, 1)),
                row("RST+ACK exact", p -> p.opened().send(of("RA").seq(4).ack(1)).end(4, 1)),
                row(
                        "RST+ACK exact, ACK too high",
                        p -> p.opened().send(of("RA").seq(4).ack(99)).end(4, 1)),
                row("RST with data", p -> p.opened().send(of("R").seq(4).data("xyz")).end(4, 1)),
                row(
                        "RST with bad checksum",
                        p -> p.opened().send(of("R").seq(4).badChecksum()).end(4, 1)),
                row(
                        "RST with old timestamp",
                        p -> p.opened().send(of("R").seq(4).ts(p.clock() - 900, 0)).end(4, 1)),
                row(
                        "RST behind a hole",
                        p -> p.opened().send(data(14, "xyz")).send(of("R").seq(17)).end(4, 1)),
                row(
                        "RST in a hole",
                        p -> p.opened().send(data(14, "xyz")).send(of("R").seq(14)).end(4, 1)),
                row("RST+FIN exact", p -> p.opened().send(of("RF").seq(4)).end(4, 1)));
    }

    private static List<ProbeRow> syns() {
        return List.of(
                row("SYN again", p -> p.opened().send(p.syn()).end(4, 1)),
                row("SYN at the next byte", p -> p.opened().send(p.syn().seq(4)).end(4, 1)),
                row("SYN in the window", p -> p.opened().send(p.syn().seq(100)).end(4, 1)),
                row("SYN beyond the window", p -> p.opened().send(p.syn().seq(FAR)).end(4, 1)),
                row("SYN far below", p -> p.opened().send(p.syn().seq(-FAR)).end(4, 1)),
                row("SYN without timestamp", p -> p.opened().send(of("S").seq(4).noTs()).end(4, 1)),
                row(
                        "SYN with old timestamp",
                        p -> p.opened().send(of("S").seq(4).ts(p.clock() - 900, 0)).end(4, 1)),
                row(
                        "SYN+ACK at the next byte",
                        p -> p.opened().send(of("SA").seq(4).ack(1)).end(4, 1)),
                row("SYN+ACK again", p -> p.dialled().send(p.synAck()).end(1, 1)),
                row("SYN+FIN", p -> p.opened().send(of("SF").seq(4)).end(4, 1)),
                row("SYN+RST exact", p -> p.opened().send(of("SR").seq(4)).end(4, 1)),
                row("SYN with data", p -> p.opened().send(of("S").seq(4).data("xyz")).end(4, 1)));
    }

    private static List<ProbeRow> acknowledgments() {
        return List.of(
                row("ACK one too high", p -> p.opened().send(of("A").seq(4).ack(2)).end(4, 1)),
                row("ACK far too high", p -> p.opened().send(of("A").seq(4).ack(FAR)).end(4, 1)),
                row("ACK one too low", p -> p.opened().send(of("A").seq(4).ack(0)).end(4, 1)),
                row(
                        "ACK below any window",
                        p -> p.opened().send(of("A").seq(4).ack(-FAR)).end(4, 1)),
                row(
                        "data whose ACK is too high",
                        p -> p.opened().send(data(4, "xyz").ack(2)).end(4, 1)),
                row(
                        "data whose ACK is below our first byte",
                        p -> p.opened().send(data(4, "xyz").ack(0)).end(4, 1)),
                row(
                        "data whose ACK is of long ago",
                        p -> p.opened().send(data(4, "xyz").ack(-FAR)).end(4, 1)),
                row(
                        "data whose ACK is old after we sent",
                        p ->
                                p.opened()
                                        .subjectSends("hello")
                                        .send(of("A").seq(4).ack(6))
                                        .send(data(4, "xyz").ack(3))
                                        .settle()
                                        .end(7, 6)),
                row("ACK again", p -> p.opened().send(of("A").seq(4).ack(1)).end(4, 1)),
                row(
                        "ACK from one below: keepalive",
                        p -> p.opened().send(of("A").seq(3).ack(1)).end(4, 1)),
                row(
                        "ACK from one below with a byte: keepalive of old",
                        p -> p.opened().send(of("A").seq(3).ack(1).data("c")).end(4, 1)),
                row(
                        "ACK from far below",
                        p -> p.opened().send(of("A").seq(-9000).ack(1)).end(4, 1)),
                row(
                        "ACK from far in the window",
                        p -> p.opened().send(of("A").seq(9000).ack(1)).end(4, 1)),
                row(
                        "ACK from beyond the window",
                        p -> p.opened().send(of("A").seq(FAR).ack(1)).end(4, 1)),
                row(
                        "ACK with SACK blocks of nothing",
                        p ->
                                p.opened()
                                        .send(
                                                of("A").seq(4)
                                                        .ack(1)
                                                        .options(
                                                                1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0,
                                                                9))
                                        .end(4, 1)));
    }

    private static List<ProbeRow> payloads() {
        return List.of(
                row("data", p -> p.opened().send(data(4, "xyz")).end(7, 1)),
                row("data again", p -> p.opened().send(data(1, "abc")).end(4, 1)),
                row("data again, otherwise", p -> p.opened().send(data(1, "ABC")).end(4, 1)),
                row("data from far below", p -> p.opened().send(data(-5000, "abc")).end(4, 1)),
                row("data half old", p -> p.opened().send(data(2, "BCdef")).end(7, 1)),
                row("data after a hole", p -> p.opened().send(data(10, "jkl")).end(4, 1)),
                row(
                        "data after a hole, which is filled",
                        p -> p.opened().send(data(7, "ghi")).send(data(4, "def")).end(10, 1)),
                row(
                        "data after a hole, the hole filled otherwise",
                        p -> p.opened().send(data(7, "ghi")).send(data(4, "defGHIjkl")).end(13, 1)),
                row(
                        "data after a hole, again otherwise",
                        p ->
                                p.opened()
                                        .send(data(7, "ghi"))
                                        .send(data(7, "GHI"))
                                        .send(data(4, "def"))
                                        .end(10, 1)),
                row(
                        "data after a hole, overlapped from below",
                        p ->
                                p.opened()
                                        .send(data(9, "ijk"))
                                        .send(data(7, "ghIJ"))
                                        .send(data(4, "def"))
                                        .end(12, 1)),
                row(
                        "data after a hole, overlapped from above",
                        p ->
                                p.opened()
                                        .send(data(7, "ghi"))
                                        .send(data(8, "HIjk"))
                                        .send(data(4, "def"))
                                        .end(12, 1)),
                row(
                        "data after a hole, covered",
                        p ->
                                p.opened()
                                        .send(data(8, "hi"))
                                        .send(data(7, "gHIj"))
                                        .send(data(4, "def"))
                                        .end(11, 1)),
                row(
                        "two holes",
                        p ->
                                p.opened()
                                        .send(data(10, "j"))
                                        .send(data(20, "t"))
                                        .send(data(10, "j"))
                                        .end(4, 1)),
                row(
                        "five blocks",
                        p ->
                                p.opened()
                                        .send(data(10, "j"))
                                        .send(data(20, "k"))
                                        .send(data(30, "l"))
                                        .send(data(40, "m"))
                                        .send(data(50, "n"))
                                        .end(4, 1)),
                row("data beyond the window", p -> p.opened().send(data(FAR, "xyz")).end(4, 1)),
                row(
                        "data with bad checksum",
                        p -> p.opened().send(data(4, "xyz").badChecksum()).end(4, 1)),
                row(
                        "data that is urgent",
                        p ->
                                p.opened()
                                        .send(of("PAU").seq(4).ack(1).urgent(2).data("xyz"))
                                        .end(7, 1)),
                row(
                        "data with CE and CWR",
                        p -> p.opened().send(of("PAEC").seq(4).ack(1).data("xyz")).end(7, 1)),
                row(
                        "data with reserved bits",
                        p -> p.opened().send(data(4, "xyz").reserved(14)).end(7, 1)),
                row(
                        "data with malformed options",
                        p ->
                                p.opened()
                                        .send(
                                                data(4, "xyz")
                                                        .ts(p.clock(), p.lastTimestamp())
                                                        .options(99, 0))
                                        .end(7, 1)),
                row(
                        "data with an MD5 signature",
                        p ->
                                p.opened()
                                        .send(
                                                data(4, "xyz")
                                                        .ts(p.clock(), p.lastTimestamp())
                                                        .options(
                                                                1, 1, 19, 18, 1, 2, 3, 4, 5, 6, 7,
                                                                8, 9, 10, 11, 12, 13, 14, 15, 16))
                                        .end(7, 1)));
    }

    private static List<ProbeRow> fins() {
        return List.of(
                row("FIN", p -> p.opened().send(of("FA").seq(4).ack(1)).settle().end()),
                row(
                        "FIN with data",
                        p -> p.opened().send(of("FPA").seq(4).ack(1).data("xyz")).settle().end()),
                row(
                        "FIN again",
                        p ->
                                p.opened()
                                        .send(of("FA").seq(4).ack(1))
                                        .settle()
                                        .send(of("FA").seq(4).ack(1))
                                        .settle()
                                        .end()),
                row(
                        "FIN after a hole, which is filled",
                        p -> p.opened().send(of("FA").seq(7).ack(1)).send(data(4, "xyz")).end()),
                row(
                        "FIN with data after a hole, which is filled",
                        p ->
                                p.opened()
                                        .send(of("FPA").seq(7).ack(1).data("uvw"))
                                        .send(data(4, "xyz"))
                                        .end()),
                row("FIN from below", p -> p.opened().send(of("FA").seq(2).ack(1)).end(4, 1)),
                row(
                        "FIN beyond the window",
                        p -> p.opened().send(of("FA").seq(FAR).ack(1)).end(4, 1)),
                row("FIN without ACK", p -> p.opened().send(of("F").seq(4)).end(4, 1)),
                row(
                        "FIN whose ACK is too high",
                        p -> p.opened().send(of("FA").seq(4).ack(2)).end(4, 1)),
                row(
                        "data after FIN",
                        p ->
                                p.opened()
                                        .send(of("FA").seq(4).ack(1))
                                        .settle()
                                        .send(data(5, "xyz"))
                                        .end()),
                row(
                        "data over FIN",
                        p ->
                                p.opened()
                                        .send(of("FA").seq(4).ack(1))
                                        .settle()
                                        .send(data(4, "xyz"))
                                        .end()),
                row(
                        "data after a FIN behind a hole",
                        p ->
                                p.opened()
                                        .send(of("FA").seq(7).ack(1))
                                        .send(data(8, "xyz"))
                                        .send(data(4, "def"))
                                        .end()),
                row(
                        "another FIN behind a hole",
                        p ->
                                p.opened()
                                        .send(of("FA").seq(7).ack(1))
                                        .send(of("FA").seq(9).ack(1))
                                        .send(data(4, "defgh"))
                                        .end()));
    }

    private static List<ProbeRow> nonsense() {
        return List.of(
                row("no flags", p -> p.opened().send(of("").seq(4)).end(4, 1)),
                row("no flags, data", p -> p.opened().send(of("").seq(4).data("xyz")).end(4, 1)),
                row("PSH, data", p -> p.opened().send(of("P").seq(4).data("xyz")).end(4, 1)),
                row(
                        "URG, data",
                        p -> p.opened().send(of("U").seq(4).urgent(1).data("xyz")).end(4, 1)),
                row("PSH, old data", p -> p.opened().send(of("P").seq(1).data("abc")).end(4, 1)),
                row("FIN+PSH+URG", p -> p.opened().send(of("FPU").seq(4).urgent(1)).end(4, 1)),
                row("all flags", p -> p.opened().send(of("FSRPAU").seq(4).ack(1)).end(4, 1)),
                row(
                        "all flags, elsewhere",
                        p -> p.opened().send(of("FSRPAU").seq(99).ack(1)).end(4, 1)),
                row(
                        "header of 4 words",
                        p -> p.opened().send(data(4, "xyz").headerWords(4)).end(4, 1)),
                row(
                        "header beyond the segment",
                        p -> p.opened().send(data(4, "xyz").headerWords(15)).end(4, 1)));
    }

    private static List<ProbeRow> timestamps() {
        return List.of(
                row(
                        "data with old timestamp",
                        p ->
                                p.opened()
                                        .send(data(4, "xyz").ts(p.clock() - 900, p.lastTimestamp()))
                                        .end(4, 1)),
                row(
                        "ACK with old timestamp",
                        p ->
                                p.opened()
                                        .send(
                                                of("A").seq(4)
                                                        .ack(1)
                                                        .ts(p.clock() - 900, p.lastTimestamp()))
                                        .end(4, 1)),
                row(
                        "old data with old timestamp",
                        p ->
                                p.opened()
                                        .send(data(1, "abc").ts(p.clock() - 900, p.lastTimestamp()))
                                        .end(4, 1)),
                row(
                        "FIN with old timestamp",
                        p ->
                                p.opened()
                                        .send(
                                                of("FA").seq(4)
                                                        .ack(1)
                                                        .ts(p.clock() - 900, p.lastTimestamp()))
                                        .end(4, 1)),
                row(
                        "data without timestamp",
                        p -> p.opened().send(data(4, "xyz").noTs()).end(4, 1)),
                row(
                        "ACK without timestamp",
                        p -> p.opened().send(of("A").seq(4).ack(1).noTs()).end(4, 1)),
                row(
                        "FIN without timestamp",
                        p -> p.opened().send(of("FA").seq(4).ack(1).noTs()).end(4, 1)),
                row(
                        "data with echo 0",
                        p -> p.opened().send(data(4, "xyz").ts(p.clock(), 0)).end(7, 1)),
                row(
                        "data with an echo of the future",
                        p ->
                                p.opened()
                                        .send(
                                                data(4, "xyz")
                                                        .ts(p.clock(), p.lastTimestamp() + 100_000))
                                        .end(7, 1)),
                row(
                        "timestamp far ahead",
                        p ->
                                p.opened()
                                        .send(
                                                data(4, "xyz")
                                                        .ts(p.clock() + 100_000, p.lastTimestamp()))
                                        .end(7, 1)),
                row(
                        "data with timestamps that were not agreed upon",
                        p ->
                                p.open(of("S").mss(1380).noTs())
                                        .send(data(1, "abc").ts(1, 2))
                                        .end(4, 1)));
    }
}
