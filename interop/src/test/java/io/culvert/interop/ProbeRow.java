package io.culvert.interop;

import java.util.function.Consumer;

/**
 * Something odd to put to a TCP.
 *
 * @param script ends with what is to be compared in the probe's transcript
 */
record ProbeRow(String name, Consumer<Probe> script) {
    static ProbeRow row(String name, Consumer<Probe> script) {
        return new ProbeRow(name, script);
    }

    @Override
    public String toString() {
        return name;
    }
}
