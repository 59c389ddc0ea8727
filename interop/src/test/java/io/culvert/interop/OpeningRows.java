package io.culvert.interop;

import static io.culvert.interop.ProbeRow.row;

import java.util.ArrayList;
import java.util.List;

/** Segments for nobody, for a listener, and for connections that are not yet whole. */
final class OpeningRows {
    private OpeningRows() {}

    static List<ProbeRow> all() {
        List<ProbeRow> all = new ArrayList<>();
        all.addAll(closedPort());
        all.addAll(listener());
        all.addAll(malformedOptions());
        all.addAll(halfOpen());
        all.addAll(dialled());
        return all;
    }

    private static ProbeSegment of(String flags) {
        return ProbeSegment.of(flags);
    }

    private static ProbeSegment ack() {
        return of("A").seq(1).ack(1);
    }

    private static List<ProbeRow> closedPort() {
        return List.of(
                row("nobody: SYN", p -> p.toClosedPort().send(p.syn())),
                row("nobody: SYN with data", p -> p.toClosedPort().send(p.syn().data("abc"))),
                row("nobody: ACK", p -> p.toClosedPort().send(of("A").seq(5).ack(700))),
                row(
                        "nobody: ACK with data",
                        p -> p.toClosedPort().send(of("PA").seq(5).ack(700).data("abc"))),
                row("nobody: SYN+ACK", p -> p.toClosedPort().send(of("SA").seq(5).ack(700))),
                row("nobody: FIN", p -> p.toClosedPort().send(of("F").seq(5))),
                row("nobody: FIN+ACK", p -> p.toClosedPort().send(of("FA").seq(5).ack(700))),
                row("nobody: RST", p -> p.toClosedPort().send(of("R").seq(5))),
                row("nobody: RST+ACK", p -> p.toClosedPort().send(of("RA").seq(5).ack(700))),
                row("nobody: no flags", p -> p.toClosedPort().send(of("").seq(5))),
                row(
                        "nobody: no flags, data",
                        p -> p.toClosedPort().send(of("").seq(5).data("abc"))),
                row("nobody: PSH+URG", p -> p.toClosedPort().send(of("PU").seq(5).urgent(1))),
                row("nobody: SYN+FIN", p -> p.toClosedPort().send(of("SF").seq(5))),
                row("nobody: SYN+RST", p -> p.toClosedPort().send(of("SR").seq(5))),
                row("nobody: FIN+PSH+URG", p -> p.toClosedPort().send(of("FPU").seq(5))),
                row("nobody: all flags", p -> p.toClosedPort().send(of("FSRPAU").seq(5).ack(7))),
                row(
                        "nobody: bad checksum",
                        p -> p.toClosedPort().send(of("A").seq(5).ack(700).badChecksum())),
                row(
                        "nobody: header beyond the segment",
                        p -> p.toClosedPort().send(of("A").seq(5).ack(700).headerWords(15))));
    }

    private static List<ProbeRow> listener() {
        return List.of(
                row("listener: SYN", p -> p.send(p.syn())),
                row("listener: SYN without options", p -> p.send(of("S"))),
                row("listener: SYN with MSS alone", p -> p.send(of("S").mss(500))),
                row("listener: SYN without SACK", p -> p.send(of("S").mss(500).ts(p.clock(), 0))),
                row("listener: SYN without timestamps", p -> p.send(of("S").sackOk().ws(0))),
                row("listener: SYN with MSS 0", p -> p.send(of("S").mss(0))),
                row("listener: SYN with MSS 1", p -> p.send(of("S").mss(1))),
                row("listener: SYN with window scale 15", p -> p.send(of("S").mss(500).ws(15))),
                row("listener: SYN with window 0", p -> p.send(p.syn().win(0))),
                row("listener: SYN with PSH and URG", p -> p.send(of("SPU").mss(500).urgent(3))),
                row("listener: SYN that asks for ECN", p -> p.send(of("SEC").mss(500))),
                row("listener: SYN with reserved bits", p -> p.send(of("S").mss(500).reserved(14))),
                row("listener: SYN with data", p -> p.send(of("S").mss(500).data("abc"))),
                row("listener: SYN with FIN", p -> p.send(of("SF").mss(500))),
                row("listener: SYN with RST", p -> p.send(of("SR").mss(500))),
                row("listener: SYN with bad checksum", p -> p.send(p.syn().badChecksum())),
                row("listener: SYN+ACK", p -> p.send(of("SA").ack(700))),
                row("listener: ACK", p -> p.send(of("A").seq(5).ack(700))),
                row("listener: data", p -> p.send(of("PA").seq(5).ack(700).data("abc"))),
                row("listener: FIN", p -> p.send(of("F").seq(5))),
                row("listener: FIN+ACK", p -> p.send(of("FA").seq(5).ack(700))),
                row("listener: RST", p -> p.send(of("R").seq(5))),
                row("listener: RST+ACK", p -> p.send(of("RA").seq(5).ack(700))),
                row("listener: no flags", p -> p.send(of("").seq(5))),
                row("listener: no flags, data", p -> p.send(of("").seq(5).data("abc"))),
                row("listener: PSH+URG", p -> p.send(of("PU").seq(5).urgent(1))),
                row("listener: FIN+PSH+URG", p -> p.send(of("FPU").seq(5))),
                row("listener: all flags", p -> p.send(of("FSRPAU").seq(5).ack(7))));
    }

    private static List<ProbeRow> malformedOptions() {
        return List.of(
                row("options: length 0", p -> p.send(of("S").options(2, 4, 2, 0, 99, 0, 1, 1))),
                row("options: length 1", p -> p.send(of("S").options(2, 4, 2, 0, 99, 1, 1, 1))),
                row("options: length beyond the header", p -> p.send(of("S").options(4, 2, 3, 30))),
                row(
                        "options: a kind without length",
                        p -> p.send(of("S").options(1, 1, 4, 2, 1, 1, 1, 8))),
                row(
                        "options: end of list before others",
                        p -> p.send(of("S").options(4, 2, 0, 8, 3, 3, 7, 0))),
                row("options: unknown kind", p -> p.send(of("S").options(99, 4, 1, 2).sackOk())),
                row("options: MSS of length 3", p -> p.send(of("S").options(2, 3, 9, 1).sackOk())),
                row(
                        "options: SACK permitted of length 3",
                        p -> p.send(of("S").options(4, 3, 9, 1))),
                row("options: window scale of length 4", p -> p.send(of("S").options(3, 4, 9, 1))),
                row(
                        "options: timestamps of length 9",
                        p -> p.send(of("S").options(8, 9, 1, 2, 3, 4, 5, 6, 7, 1, 1, 1))),
                row("options: MSS twice", p -> p.send(of("S").mss(500).mss(600))),
                row(
                        "options: timestamps of 0",
                        p -> p.send(of("S").options(8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1))),
                row(
                        "options: SACK blocks in a SYN",
                        p -> p.send(of("S").options(5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1))),
                row(
                        "options: fast open asks for a cookie",
                        p -> p.send(of("S").mss(500).options(34, 2, 1, 1))),
                row(
                        "options: MD5 signature",
                        p ->
                                p.send(
                                        of("S").options(
                                                        1, 1, 19, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
                                                        11, 12, 13, 14, 15, 16))),
                row("options: header of 4 words", p -> p.send(of("S").mss(500).headerWords(4))),
                row(
                        "options: header beyond the segment",
                        p -> p.send(of("S").mss(500).headerWords(7))));
    }

    private static Probe halfOpen(Probe p) {
        return p.send(p.syn()).begin();
    }

    private static List<ProbeRow> halfOpen() {
        return List.of(
                row("half open: SYN again", p -> halfOpen(p).send(p.syn())),
                row("half open: other SYN", p -> halfOpen(p).send(p.syn().seq(1000))),
                row("half open: SYN from below", p -> halfOpen(p).send(p.syn().seq(-1000))),
                row("half open: SYN again, with data", p -> halfOpen(p).send(p.syn().data("abc"))),
                row("half open: SYN+ACK", p -> halfOpen(p).send(of("SA").seq(0).ack(1))),
                row("half open: ACK completes", p -> halfOpen(p).send(ack()).end(1, 1)),
                row("half open: ACK too high", p -> halfOpen(p).send(of("A").seq(1).ack(2))),
                row("half open: ACK too low", p -> halfOpen(p).send(of("A").seq(1).ack(0))),
                row(
                        "half open: ACK beyond the window",
                        p -> halfOpen(p).send(of("A").seq(70_000).ack(1))),
                row(
                        "half open: ACK of the SYN's own number",
                        p -> halfOpen(p).send(of("A").seq(0).ack(1))),
                row(
                        "half open: ACK without timestamp",
                        p -> halfOpen(p).send(ack().noTs()).end(1, 1)),
                row(
                        "half open: ACK with old timestamp",
                        p -> halfOpen(p).send(ack().ts(p.clock() - 900, p.lastTimestamp()))),
                row(
                        "half open: ACK with a timestamp of reordering",
                        p -> halfOpen(p).send(ack().ts(p.clock() - 100, p.lastTimestamp()))),
                row(
                        "half open: ACK with a foreign echo",
                        p -> halfOpen(p).send(ack().ts(p.clock(), p.lastTimestamp() + 100_000))),
                row(
                        "half open: data completes",
                        p -> halfOpen(p).send(ack().data("abc")).end(4, 1)),
                row(
                        "half open: data after a hole completes",
                        p -> halfOpen(p).send(of("PA").seq(3).ack(1).data("abc")).end(1, 1)),
                row(
                        "half open: FIN completes",
                        p -> halfOpen(p).send(of("FA").seq(1).ack(1)).settle()),
                row("half open: FIN without ACK", p -> halfOpen(p).send(of("F").seq(1)).end(1, 1)),
                row(
                        "half open: data without ACK",
                        p -> halfOpen(p).send(of("P").seq(1).data("abc"))),
                row("half open: no flags", p -> halfOpen(p).send(of("").seq(1))),
                row("half open: RST exact", p -> halfOpen(p).send(of("R").seq(1), ack())),
                row(
                        "half open: RST of the SYN's number",
                        p -> halfOpen(p).send(of("R").seq(0), ack())),
                row(
                        "half open: RST in the window",
                        p -> halfOpen(p).send(of("R").seq(2)).send(ack())),
                row(
                        "half open: RST beyond",
                        p -> halfOpen(p).send(of("R").seq(100_000)).send(ack())),
                row(
                        "half open: RST+ACK",
                        p -> halfOpen(p).send(of("RA").seq(1).ack(1)).send(ack())),
                row(
                        "half open: RST+ACK, ACK wrong",
                        p -> halfOpen(p).send(of("RA").seq(1).ack(9)).send(ack())),
                row("half open: SYN+FIN", p -> halfOpen(p).send(of("SF").seq(0)).send(ack())),
                row(
                        "half open: bad checksum",
                        p -> halfOpen(p).send(ack().badChecksum()).send(ack())));
    }

    private static Probe dialling(Probe p) {
        return p.dial().begin();
    }

    private static List<ProbeRow> dialled() {
        return List.of(
                row("dialled: the SYN", Probe::dial),
                row("dialled: SYN+ACK", p -> dialling(p).send(p.synAck()).end(1, 1)),
                row(
                        "dialled: SYN+ACK without options",
                        p ->
                                dialling(p)
                                        .send(of("SA").ack(1).noTs())
                                        .withoutTimestamps()
                                        .end(1, 1)),
                row(
                        "dialled: SYN+ACK with data",
                        p -> dialling(p).send(p.synAck().data("abc")).end(1, 1)),
                row(
                        "dialled: SYN+ACK with window 0",
                        p -> dialling(p).send(p.synAck().win(0)).end(1, 1)),
                row("dialled: SYN+ACK+FIN", p -> dialling(p).send(p.synAck().and("F")).end(1, 1)),
                row("dialled: SYN+ACK+URG", p -> dialling(p).send(p.synAck().and("U")).end(1, 1)),
                row(
                        "dialled: SYN+ACK, ACK too high",
                        p -> dialling(p).send(p.synAck().ack(2)).end()),
                row(
                        "dialled: SYN+ACK, ACK too low",
                        p -> dialling(p).send(p.synAck().ack(0)).end()),
                row(
                        "dialled: SYN+ACK with a foreign echo",
                        p ->
                                dialling(p)
                                        .send(
                                                of("SA").ack(1)
                                                        .mss(500)
                                                        .ts(p.clock(), p.lastTimestamp() + 100_000))
                                        .end()),
                row("dialled: ACK", p -> dialling(p).send(ack().noTs()).end()),
                row(
                        "dialled: ACK too high",
                        p -> dialling(p).send(of("A").seq(1).ack(9).noTs()).end()),
                row("dialled: data", p -> dialling(p).send(ack().noTs().data("abc")).end()),
                row("dialled: FIN", p -> dialling(p).send(of("F").noTs()).end()),
                row("dialled: FIN+ACK", p -> dialling(p).send(of("FA").ack(1).noTs()).end()),
                row("dialled: no flags", p -> dialling(p).send(of("").noTs()).end()),
                row("dialled: RST+ACK", p -> dialling(p).send(of("RA").ack(1)).end()),
                row("dialled: RST without ACK", p -> dialling(p).send(of("R")).end()),
                row("dialled: RST+ACK, ACK too high", p -> dialling(p).send(of("RA").ack(2)).end()),
                row("dialled: RST+ACK, ACK too low", p -> dialling(p).send(of("RA").ack(0)).end()),
                row("dialled: bad checksum", p -> dialling(p).send(p.synAck().badChecksum()).end()),
                row("dialled: SYN+RST", p -> dialling(p).send(of("SR").noTs()).end()),
                row("dialled: SYN+FIN", p -> dialling(p).send(of("SF").noTs()).end()),
                row("dialled: simultaneous SYN", p -> dialling(p).send(p.syn())),
                row(
                        "dialled: simultaneous SYN, then SYN+ACK",
                        p -> dialling(p).send(p.syn()).send(p.synAck()).end(1, 1)),
                row(
                        "dialled: simultaneous SYN, then ACK",
                        p -> dialling(p).send(p.syn()).send(ack()).end(1, 1)),
                row(
                        "dialled: simultaneous SYN, then RST",
                        p -> dialling(p).send(p.syn()).send(of("R").seq(1)).end()));
    }
}
