package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** A port whose datagrams may go to names; a name keeps its address as long as the port lives. */
final class ResolvingPort implements UdpPort {
    private static final int MAX_NAMES = 256;

    private final UdpPort port;
    private final NameResolver resolver;
    private final EventLoop loop;
    private final Map<String, Answer> answers = new HashMap<>();
    private boolean closed;

    ResolvingPort(UdpPort port, NameResolver resolver, EventLoop loop) {
        this.port = port;
        this.resolver = resolver;
        this.loop = loop;
    }

    @Override
    public void send(InetSocketAddress destination, ByteBuf payload) {
        if (!destination.isUnresolved()) {
            port.send(destination, payload);
            return;
        }
        Answer answer = answer(destination.getHostString());
        if (answer.address != null) {
            port.send(new InetSocketAddress(answer.address, destination.getPort()), payload);
        } else if (closed || answer.waiting.size() >= DatagramPort.MAX_WAITING) {
            payload.release();
        } else {
            answer.waiting.add(new Waiting(destination.getPort(), DatagramSlabs.copy(payload)));
        }
    }

    @Override
    public boolean isWritable() {
        return port.isWritable();
    }

    @Override
    public void flush() {
        port.flush();
    }

    @Override
    public void close() {
        closed = true;
        answers.values().forEach(Answer::discard);
        answers.clear();
        port.close();
    }

    private Answer answer(String name) {
        Answer known = answers.get(name);
        if (known != null) {
            return known;
        }
        if (answers.size() >= MAX_NAMES) {
            answers.values().forEach(Answer::discard);
            answers.clear();
        }
        Answer asked = new Answer();
        answers.put(name, asked);
        resolver.resolve(name, loop)
                .addListener((Future<List<InetAddress>> done) -> resolved(name, asked, done));
        return asked;
    }

    private void resolved(String name, Answer answer, Future<List<InetAddress>> done) {
        if (!done.isSuccess()) {
            Log.debug("datagram: " + done.cause().getMessage());
            answer.discard();
            answers.remove(name, answer);
            return;
        }
        InetAddress address = done.getNow().getFirst();
        answer.address = address;
        for (Waiting one = answer.waiting.poll(); one != null; one = answer.waiting.poll()) {
            port.send(new InetSocketAddress(address, one.port), one.payload);
        }
        port.flush();
    }

    private record Waiting(int port, ByteBuf payload) {}

    private static final class Answer {
        private final Queue<Waiting> waiting = new ArrayDeque<>();
        private @Nullable InetAddress address;

        void discard() {
            waiting.forEach(one -> one.payload.release());
            waiting.clear();
        }
    }
}
