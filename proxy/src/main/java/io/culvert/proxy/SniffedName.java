package io.culvert.proxy;

import org.jspecify.annotations.Nullable;

/** A host's name out of what a client said, which may be anything. */
final class SniffedName {
    private SniffedName() {}

    /** The name in its canonical form; null if there is none, or it is an address, or nonsense. */
    static @Nullable String of(@Nullable String said) {
        if (said == null) {
            return null;
        }
        String name = DomainSet.canonical(said);
        return name.isEmpty() || !HostPort.isHost(name) || Destination.literal(name) != null
                ? null
                : name;
    }
}
