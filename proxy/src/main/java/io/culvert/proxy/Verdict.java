package io.culvert.proxy;

/** What can be said of the first bytes of a flow. */
sealed interface Verdict {

    /** Without more to say. */
    enum Open implements Verdict {
        /** It may be this protocol; the next bytes will tell. */
        MORE,
        /** Whatever follows, it is not. */
        NEVER
    }

    /** It is, and this is what the client said. */
    record Heard(Content content) implements Verdict {}
}
