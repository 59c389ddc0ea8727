package io.culvert.proxy;

import java.util.Locale;

/** The transport that traffic uses, as routing and the access log name it. */
enum Network {
    TCP,
    UDP;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
