package io.culvert.tunnel;

/** The error numbers of the management interface, which are those of the operating system. */
enum UapiErrno {
    /** Not permitted, as a firewall mark without the privilege. */
    EPERM(1, 1),

    /** The request ended in the middle of a line. */
    EIO(5, 5),

    /** A port that only a privileged process may have. */
    EACCES(13, 13),

    /** A value that cannot be, or a key or operation that is not known. */
    EINVAL(22, 22),

    /** Not of the form {@code key=value}. */
    EPROTO(71, 100),

    /** The listen port is taken. */
    EADDRINUSE(98, 48),

    /** Anything else; wireguard-go's number on every system. */
    ENOANO(55, 55);

    private static final boolean LINUX = "Linux".equals(System.getProperty("os.name"));

    private final int linux;
    private final int bsd;

    UapiErrno(int linux, int bsd) {
        this.linux = linux;
        this.bsd = bsd;
    }

    /** As this system has it; positive. */
    int number() {
        return LINUX ? linux : bsd;
    }
}
