package io.culvert.tunnel;

/** A line of the management interface that could not be done. The message shows no secret. */
final class UapiException extends Exception {
    private static final long serialVersionUID = 1;

    private final UapiErrno errno;

    UapiException(UapiErrno errno, String sentence) {
        super(sentence, null, false, false);
        this.errno = errno;
    }

    static UapiException invalid(String sentence) {
        return new UapiException(UapiErrno.EINVAL, sentence);
    }

    UapiErrno errno() {
        return errno;
    }
}
