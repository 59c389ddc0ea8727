package io.culvert.netstack;

/** The model before the first loss of a round, should that prove to be none. */
final class BbrUndo {
    private BbrState state = BbrState.STARTUP;
    private double bwShortterm;
    private long inflightShortterm;
    private long inflightLongterm;

    void save(BbrState now, BbrLoss loss, BbrVolume volume) {
        state = now;
        bwShortterm = loss.bwShortterm();
        inflightShortterm = loss.inflightShortterm();
        inflightLongterm = volume.get();
    }

    BbrState state() {
        return state;
    }

    double bwShortterm() {
        return bwShortterm;
    }

    long inflightShortterm() {
        return inflightShortterm;
    }

    long inflightLongterm() {
        return inflightLongterm;
    }
}
