package io.culvert.netstack;

/** Hears what became of an echo request. */
@FunctionalInterface
public interface EchoHandler {
    /** Called once, from {@link NetStack#deliver} only. */
    void done(EchoResult result);
}
