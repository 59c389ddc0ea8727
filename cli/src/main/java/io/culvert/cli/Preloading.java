package io.culvert.cli;

import io.culvert.proxy.Problems;
import io.culvert.proxy.Proxy;

/**
 * Loads on another core what a start needs next, while this one reads the command line: a third of
 * the time from the start until traffic can flow is loading of classes and libraries.
 */
final class Preloading {
    private Preloading() {}

    /** For the commands that move packets; the others need little. */
    static void beginFor(String... arguments) {
        if (arguments.length > 0 && (arguments[0].equals("run") || arguments[0].equals("demo"))) {
            Thread.ofPlatform().name("culvert-preload").daemon().start(Preloading::load);
        }
    }

    private static void load() {
        XrayJsonReader.read("", "{}", new Problems());
        Proxy.preload();
    }
}
