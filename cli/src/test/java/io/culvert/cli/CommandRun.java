package io.culvert.cli;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One command, run in this process: what it printed and its exit code. */
record CommandRun(int exitCode, String out, String err) {

    static CommandRun of(Object... args) {
        return withInput("", args);
    }

    static synchronized CommandRun withInput(String input, Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        try {
            String[] words = List.of(args).stream().map(Object::toString).toArray(String[]::new);
            int exitCode =
                    Culvert.commandLine(new PrintWriter(out, true), new PrintWriter(err, true))
                            .execute(words);
            return new CommandRun(exitCode, out.toString(), err.toString());
        } finally {
            System.setIn(before);
        }
    }

    List<String> errLines() {
        return err.lines().toList();
    }
}
