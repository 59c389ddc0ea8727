package io.culvert.cli;

/** A log file can't be opened; the message is one sentence for the user. */
final class LogFileException extends Exception {
    private static final long serialVersionUID = 1;

    LogFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
