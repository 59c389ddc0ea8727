package io.culvert.proxy;

import java.util.Locale;
import java.util.Set;

/** The transport that traffic uses, as routing and the access log name it. */
enum Network {
    TCP,
    UDP,

    /** Pings. No file names them; where one says {@code tcp,udp} it means everything. */
    ICMP;

    /** Whether what a file names takes this in; it names nothing where anything goes. */
    boolean isIn(Set<Network> named) {
        return named.isEmpty()
                || named.contains(this)
                || (this == ICMP && named.contains(TCP) && named.contains(UDP));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
