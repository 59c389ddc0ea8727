package io.culvert.cli;

/** The demo fell short; the message is the sentence for the user. */
final class DemoException extends Exception {
    private static final long serialVersionUID = 1;

    DemoException(String sentence) {
        super(sentence);
    }

    DemoException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
