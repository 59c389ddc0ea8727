package io.culvert.wireguard;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/** Gives the bytes it was told to, by length, and seeded ones only where no script is begun. */
final class ScriptedEntropy implements Entropy {
    private final Map<Integer, Queue<byte[]>> script = new HashMap<>();
    private final Entropy rest = new SeededEntropy(1);

    ScriptedEntropy then(byte[] bytes) {
        script.computeIfAbsent(bytes.length, length -> new ArrayDeque<>()).add(bytes.clone());
        return this;
    }

    @Override
    public void fill(byte[] out, int offset, int length) {
        Queue<byte[]> queue = script.get(length);
        if (queue == null) {
            rest.fill(out, offset, length);
        } else {
            System.arraycopy(queue.remove(), 0, out, offset, length);
        }
    }
}
