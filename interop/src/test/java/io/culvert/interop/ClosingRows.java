package io.culvert.interop;

import static io.culvert.interop.ProbeRow.row;
import static io.culvert.interop.ProbeSegment.FAR;
import static io.culvert.interop.ProbeSegment.data;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Segments for a connection of which one end or both finished. */
final class ClosingRows {
    private ClosingRows() {}

    static List<ProbeRow> all() {
        List<ProbeRow> all = new ArrayList<>();
        all.addAll(everywhere("FIN-WAIT-1", ClosingRows::finWait1, 4, 1));
        all.addAll(everywhere("FIN-WAIT-2", ClosingRows::finWait2, 4, 2));
        all.addAll(everywhere("CLOSE-WAIT", ClosingRows::closeWait, 5, 1));
        all.addAll(everywhere("CLOSING", ClosingRows::closing, 5, 1));
        all.addAll(everywhere("LAST-ACK", ClosingRows::lastAck, 5, 1));
        all.addAll(everywhere("TIME-WAIT", ClosingRows::timeWait, 5, 2));
        all.addAll(finishing());
        all.addAll(timeWaits());
        all.addAll(closedByApplication());
        return all;
    }

    private static ProbeSegment of(String flags) {
        return ProbeSegment.of(flags);
    }

    private static Probe finWait1(Probe p) {
        return p.opened().subjectShutsDown().begin();
    }

    private static Probe finWait2(Probe p) {
        return finWait1(p).send(of("A").seq(4).ack(2)).begin();
    }

    private static Probe closeWait(Probe p) {
        return p.opened().send(of("FA").seq(4).ack(1)).settle().begin();
    }

    private static Probe closing(Probe p) {
        return finWait1(p).send(of("FA").seq(4).ack(1)).begin();
    }

    private static Probe lastAck(Probe p) {
        return closeWait(p).subjectShutsDown().begin();
    }

    private static Probe timeWait(Probe p) {
        return finWait2(p).send(of("FA").seq(4).ack(2)).begin();
    }

    /**
     * What may arrive in any of these states.
     *
     * @param next number that is expected next
     * @param ack of everything that the subject sent and had acknowledged so far
     */
    private static List<ProbeRow> everywhere(
            String state, UnaryOperator<Probe> into, int next, int ack) {
        String s = state + ": ";
        return List.of(
                row(s + "ACK", p -> into.apply(p).send(of("A").seq(next).ack(ack)).end()),
                row(s + "ACK too high", p -> into.apply(p).send(of("A").seq(next).ack(9)).end()),
                row(
                        s + "ACK of long ago",
                        p -> into.apply(p).send(of("A").seq(next).ack(-FAR)).end()),
                row(s + "keepalive", p -> into.apply(p).send(of("A").seq(next - 1).ack(ack)).end()),
                row(
                        s + "RST exact",
                        p ->
                                into.apply(p)
                                        .send(of("R").seq(next))
                                        .send(of("A").seq(next).ack(ack))
                                        .end()),
                row(
                        s + "RST one above",
                        p ->
                                into.apply(p)
                                        .send(of("R").seq(next + 1))
                                        .send(of("A").seq(next).ack(ack))
                                        .end()),
                row(
                        s + "RST one below",
                        p ->
                                into.apply(p)
                                        .send(of("R").seq(next - 1))
                                        .send(of("A").seq(next).ack(ack))
                                        .end()),
                row(
                        s + "RST beyond",
                        p ->
                                into.apply(p)
                                        .send(of("R").seq(FAR))
                                        .send(of("A").seq(next).ack(ack))
                                        .end()),
                row(s + "SYN again", p -> into.apply(p).send(p.syn()).end()),
                row(
                        s + "SYN in the window, old timestamp",
                        p -> into.apply(p).send(of("S").seq(99).ts(p.clock() - 900, 0)).end()),
                row(s + "SYN+ACK", p -> into.apply(p).send(of("SA").seq(next).ack(ack)).end()),
                row(s + "old data", p -> into.apply(p).send(data(1, "abc").ack(ack)).end()),
                row(s + "data", p -> into.apply(p).send(data(next, "xyz").ack(ack)).end()),
                row(
                        s + "data beyond the window",
                        p -> into.apply(p).send(data(FAR, "xyz").ack(ack)).end()),
                row(
                        s + "data with old timestamp",
                        p ->
                                into.apply(p)
                                        .send(data(next, "xyz").ack(ack).ts(p.clock() - 900, 0))
                                        .end()),
                row(
                        s + "data without timestamp",
                        p -> into.apply(p).send(data(next, "xyz").ack(ack).noTs()).end()),
                row(s + "FIN", p -> into.apply(p).send(of("FA").seq(next).ack(ack)).end()),
                row(s + "FIN of before", p -> into.apply(p).send(of("FA").seq(4).ack(ack)).end()),
                row(s + "no ACK", p -> into.apply(p).send(of("P").seq(next).data("xyz")).end()),
                row(s + "no flags", p -> into.apply(p).send(of("").seq(next)).end()),
                row(
                        s + "bad checksum",
                        p ->
                                into.apply(p)
                                        .send(of("A").seq(next - 1).ack(ack).badChecksum())
                                        .end()));
    }

    private static List<ProbeRow> finishing() {
        return List.of(
                row(
                        "FIN-WAIT-1: FIN that acknowledges ours",
                        p ->
                                finWait1(p)
                                        .send(of("FA").seq(4).ack(2))
                                        .send(of("FA").seq(4).ack(2))
                                        .end()),
                row(
                        "FIN-WAIT-1: data that acknowledges our FIN",
                        p ->
                                finWait1(p)
                                        .send(data(4, "xyz").ack(2))
                                        .send(of("FA").seq(7).ack(2))
                                        .end()),
                row(
                        "FIN-WAIT-1: FIN with data",
                        p ->
                                finWait1(p)
                                        .send(of("FPA").seq(4).ack(1).data("xyz"))
                                        .send(of("A").seq(8).ack(2))
                                        .end()),
                row(
                        "FIN-WAIT-2: FIN with data",
                        p -> finWait2(p).send(of("FPA").seq(4).ack(2).data("xyz")).end()),
                row(
                        "FIN-WAIT-2: FIN after a hole, which is filled",
                        p ->
                                finWait2(p)
                                        .send(of("FA").seq(7).ack(2))
                                        .send(data(4, "xyz").ack(2))
                                        .end()),
                row(
                        "FIN-WAIT-2: data after a hole",
                        p -> finWait2(p).send(data(9, "xyz").ack(2)).end()),
                row(
                        "CLOSING: ACK of our FIN",
                        p ->
                                closing(p)
                                        .send(of("A").seq(5).ack(2))
                                        .send(of("FA").seq(4).ack(2))
                                        .end()),
                row(
                        "CLOSE-WAIT: the application sends",
                        p -> closeWait(p).subjectSends("hello").send(of("A").seq(5).ack(6)).end()),
                row(
                        "CLOSE-WAIT: FIN with more data",
                        p -> closeWait(p).send(of("FPA").seq(4).ack(1).data("xyz")).end()),
                row(
                        "LAST-ACK: ACK of our FIN",
                        p ->
                                lastAck(p)
                                        .send(of("A").seq(5).ack(2))
                                        .send(of("A").seq(5).ack(2))
                                        .end()),
                row(
                        "LAST-ACK: FIN that acknowledges ours",
                        p ->
                                lastAck(p)
                                        .send(of("FA").seq(4).ack(2))
                                        .send(of("A").seq(5).ack(2))
                                        .end()),
                row(
                        "LAST-ACK: RST+ACK",
                        p ->
                                lastAck(p)
                                        .send(of("RA").seq(5).ack(2))
                                        .send(of("A").seq(5).ack(2))
                                        .end()));
    }

    private static List<ProbeRow> timeWaits() {
        return List.of(
                row("TIME-WAIT: SYN above, newer", p -> timeWait(p).send(p.syn().seq(1000))),
                row("TIME-WAIT: SYN below, newer", p -> timeWait(p).send(p.syn().seq(-1000))),
                row(
                        "TIME-WAIT: SYN above, same timestamp",
                        p -> timeWait(p).send(of("S").seq(1000).mss(1380).ts(p.clock() - 1, 0))),
                row(
                        "TIME-WAIT: SYN below, same timestamp",
                        p -> timeWait(p).send(of("S").seq(-1000).mss(1380).ts(p.clock() - 1, 0))),
                row(
                        "TIME-WAIT: SYN above, older",
                        p -> timeWait(p).send(of("S").seq(1000).mss(1380).ts(p.clock() - 900, 0))),
                row(
                        "TIME-WAIT: SYN above without timestamp",
                        p -> timeWait(p).send(of("S").seq(1000).mss(1380).noTs())),
                row(
                        "TIME-WAIT: SYN below without timestamp",
                        p -> timeWait(p).send(of("S").seq(-1000).mss(1380).noTs())),
                row(
                        "TIME-WAIT: SYN+FIN above",
                        p -> timeWait(p).send(of("SF").seq(1000).mss(1380))),
                row(
                        "TIME-WAIT: FIN with data again",
                        p -> timeWait(p).send(of("FPA").seq(1).ack(2).data("abc"))),
                row(
                        "TIME-WAIT: new FIN with data",
                        p -> timeWait(p).send(of("FPA").seq(5).ack(2).data("xyz"))),
                row(
                        "TIME-WAIT: RST with the old FIN's number",
                        p -> timeWait(p).send(of("R").seq(4)).send(of("FA").seq(4).ack(2))));
    }

    private static List<ProbeRow> closedByApplication() {
        return List.of(
                row("closed: the FIN", p -> p.opened().begin().subjectCloses()),
                row("closed: data", p -> p.opened().subjectCloses().begin().send(data(4, "xyz"))),
                row(
                        "closed: data that acknowledges the FIN",
                        p -> p.opened().subjectCloses().begin().send(data(4, "xyz").ack(2))),
                row(
                        "closed: old data",
                        p -> p.opened().subjectCloses().begin().send(data(1, "abc"))),
                row(
                        "closed: data after a hole",
                        p -> p.opened().subjectCloses().begin().send(data(9, "xyz"))),
                row(
                        "closed, FIN acknowledged: data",
                        p ->
                                p.opened()
                                        .subjectCloses()
                                        .send(of("A").seq(4).ack(2))
                                        .begin()
                                        .send(data(4, "xyz").ack(2))),
                row(
                        "closed, FIN acknowledged: old data",
                        p ->
                                p.opened()
                                        .subjectCloses()
                                        .send(of("A").seq(4).ack(2))
                                        .begin()
                                        .send(data(1, "abc").ack(2))),
                row(
                        "closed, FIN acknowledged: FIN",
                        p ->
                                p.opened()
                                        .subjectCloses()
                                        .send(of("A").seq(4).ack(2))
                                        .begin()
                                        .send(of("FA").seq(4).ack(2))
                                        .send(of("FA").seq(4).ack(2))),
                row(
                        "closed, FIN acknowledged: FIN with data",
                        p ->
                                p.opened()
                                        .subjectCloses()
                                        .send(of("A").seq(4).ack(2))
                                        .begin()
                                        .send(of("FPA").seq(4).ack(2).data("xyz"))),
                row(
                        "closed, FIN acknowledged: keepalive",
                        p ->
                                p.opened()
                                        .subjectCloses()
                                        .send(of("A").seq(4).ack(2))
                                        .begin()
                                        .send(of("A").seq(3).ack(2))),
                row(
                        "closed, FIN acknowledged: RST exact",
                        p ->
                                p.opened()
                                        .subjectCloses()
                                        .send(of("A").seq(4).ack(2))
                                        .begin()
                                        .send(of("R").seq(4))
                                        .send(of("A").seq(4).ack(2))),
                row(
                        "closed, FIN acknowledged: RST one above",
                        p ->
                                p.opened()
                                        .subjectCloses()
                                        .send(of("A").seq(4).ack(2))
                                        .begin()
                                        .send(of("R").seq(5))
                                        .send(of("FA").seq(4).ack(2))),
                row(
                        "closed, FIN acknowledged: SYN",
                        p ->
                                p.opened()
                                        .subjectCloses()
                                        .send(of("A").seq(4).ack(2))
                                        .begin()
                                        .send(p.syn().seq(4))
                                        .send(of("FA").seq(4).ack(2))),
                row(
                        "closed after the peer: data",
                        p ->
                                p.opened()
                                        .send(of("FA").seq(4).ack(1))
                                        .settle()
                                        .subjectCloses()
                                        .begin()
                                        .send(data(5, "xyz"))));
    }
}
