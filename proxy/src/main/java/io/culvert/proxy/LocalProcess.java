package io.culvert.proxy;

/**
 * A process of this machine.
 *
 * @param pid 0 = not known
 * @param path of its program; empty = not known
 */
record LocalProcess(long pid, String path) {

    /** Nobody that could be found: another machine's, one that is gone, one we may not see. */
    static final LocalProcess UNKNOWN = new LocalProcess(0, "");

    /** The program's name. */
    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    boolean isSelf() {
        return pid == ProcessHandle.current().pid();
    }
}
