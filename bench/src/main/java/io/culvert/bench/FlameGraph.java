package io.culvert.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a program's CPU went, from the samples of {@code perf script} on standard input: one line a
 * stack, or a picture, whose boxes are as wide as their share. Started by {@code bench/flame}.
 */
final class FlameGraph {
    /** Address, symbol, and in parentheses the file. */
    private static final Pattern FRAME =
            Pattern.compile("\\s+[0-9a-f]+ (.*) \\((?:[^()]|\\([^()]*\\))*\\)");

    /** Behind the thread's name, which may hold spaces and numbers: process, core, time. */
    private static final Pattern HEADER =
            Pattern.compile("\\s+[0-9]+(/[0-9]+)?\\s+(\\[[0-9]+\\]\\s+)?[0-9]+\\.[0-9]+: .*");

    private static final Pattern OFFSET = Pattern.compile("\\+0x[0-9a-f]+$");
    private static final int WIDTH = 1600;
    private static final int HEIGHT = 17;
    private static final double LEAST_WIDTH = 0.4;
    private static final double LETTER = 7;

    private final Node root = new Node();

    /** A function below the same callers; its own samples are those of no callee. */
    private static final class Node {
        final TreeMap<String, Node> callees = new TreeMap<>();
        long samples;

        int depth() {
            return 1 + callees.values().stream().mapToInt(Node::depth).max().orElse(0);
        }
    }

    private FlameGraph() {}

    /** FILE: an SVG, and beside it the same as {@code .folded} text. */
    public static void main(String[] arguments) throws IOException {
        Path picture = Path.of(arguments[0]);
        FlameGraph graph =
                read(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
        Files.writeString(picture, graph.svg());
        Path text = Path.of(picture + ".folded");
        Files.writeString(text, graph.folded());
        System.out.println(graph.root.samples + " samples: " + picture + ", " + text);
    }

    static FlameGraph read(BufferedReader script) throws IOException {
        FlameGraph graph = new FlameGraph();
        List<String> stack = new ArrayList<>();
        String line = script.readLine();
        while (line != null) {
            Matcher frame = FRAME.matcher(line);
            if (frame.matches()) {
                stack.add(name(frame.group(1)));
            } else if (line.isBlank()) {
                graph.add(stack);
                stack.clear();
            } else if (!Character.isWhitespace(line.charAt(0))) {
                // "thread 123/456  789.012: 1 cycles:": its name, which may hold spaces, comes
                // first.
                stack.add(HEADER.matcher(line).replaceFirst(""));
            }
            line = script.readLine();
        }
        graph.add(stack);
        return graph;
    }

    private static String name(String symbol) {
        return OFFSET.matcher(symbol).replaceFirst("").replace(';', ':');
    }

    /** The thread comes first, then the innermost function. */
    private void add(List<String> stack) {
        if (stack.isEmpty()) {
            return;
        }
        root.samples++;
        Node node = root.callees.computeIfAbsent(stack.getFirst(), _ -> new Node());
        node.samples++;
        for (String function : stack.subList(1, stack.size()).reversed()) {
            node = node.callees.computeIfAbsent(function, _ -> new Node());
            node.samples++;
        }
    }

    /** {@code thread;outer;inner SAMPLES}. */
    String folded() {
        StringBuilder out = new StringBuilder();
        root.callees.forEach((name, node) -> fold(out, name, node));
        return out.toString();
    }

    private static void fold(StringBuilder out, String path, Node node) {
        long own = node.samples - node.callees.values().stream().mapToLong(c -> c.samples).sum();
        if (own > 0) {
            out.append(path).append(' ').append(own).append('\n');
        }
        node.callees.forEach((name, callee) -> fold(out, path + ';' + name, callee));
    }

    String svg() {
        int height = root.depth() * HEIGHT;
        StringBuilder out = new StringBuilder();
        out.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"").append(WIDTH);
        out.append("\" height=\"").append(height);
        out.append("\" font-family=\"monospace\" font-size=\"12\">\n");
        draw(out, "all", root, 0, height - HEIGHT);
        return out.append("</svg>\n").toString();
    }

    private void draw(StringBuilder out, String name, Node node, double left, int top) {
        double width = (double) WIDTH * node.samples / Math.max(1, root.samples);
        if (width < LEAST_WIDTH) {
            return;
        }
        int letters = (int) (width / LETTER);
        String shown = letters < 3 ? "" : name.substring(0, Math.min(letters, name.length()));
        out.append(
                String.format(
                        Locale.ROOT,
                        "<g><title>%s: %d, %.2f %%</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\""
                                + " height=\"%d\" fill=\"%s\"/><text x=\"%.1f\" y=\"%d\">%s</text></g>%n",
                        escaped(name),
                        node.samples,
                        100.0 * node.samples / Math.max(1, root.samples),
                        left,
                        top,
                        width,
                        HEIGHT - 1,
                        colour(name),
                        left + 2,
                        top + HEIGHT - 5,
                        escaped(shown)));
        double from = left;
        for (var callee : node.callees.entrySet()) {
            draw(out, callee.getKey(), callee.getValue(), from, top - HEIGHT);
            from += (double) WIDTH * callee.getValue().samples / root.samples;
        }
    }

    /** The same name has the same colour in every picture; Java, which has classes, is green. */
    private static String colour(String name) {
        int shade = Math.floorMod(name.hashCode(), 60);
        boolean java = name.contains("::") || name.contains(".");
        return java
                ? "hsl(%d,55%%,65%%)".formatted(90 + shade)
                : "hsl(%d,75%%,65%%)".formatted(shade);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
