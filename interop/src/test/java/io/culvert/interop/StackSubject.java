package io.culvert.interop;

import io.culvert.netstack.Chunk;
import io.culvert.netstack.CloseCause;
import io.culvert.netstack.NetStack;
import io.culvert.netstack.NetStackConfig;
import io.culvert.netstack.Received;
import io.culvert.netstack.TcpConnection;
import io.culvert.netstack.TcpHandler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Our stack, at the kernel's address, in virtual time. */
final class StackSubject implements Subject {
    private static final int MTU = 1420;
    private static final String END = " END";
    private static final long MILLISECOND = 1_000_000;

    private final NetStack stack;
    private final MemorySegment buffer = Arena.ofAuto().allocate(1 << 16);
    private final Application application = new Application();
    private long now = 1_000_000_000L;

    StackSubject() {
        stack =
                new NetStack(
                        NetStackConfig.builder()
                                .mtu(MTU)
                                .addresses(List.of(KernelHost.KERNEL4, KernelHost.KERNEL6))
                                .secret(new byte[32])
                                .build());
        var _ = stack.listen(null, LISTENING, _ -> application);
    }

    private static final class Application implements TcpHandler {
        private final StringBuilder heard = new StringBuilder();
        private final Received received = new Received();
        private @Nullable TcpConnection connection;

        @Override
        public void connected(TcpConnection c) {
            connection = c;
        }

        @Override
        public void readable(TcpConnection c) {
            while (c.read(received)) {
                Chunk chunk = Objects.requireNonNull(received.chunk);
                byte[] bytes = new byte[received.length];
                MemorySegment.copy(
                        chunk.memory(),
                        ValueLayout.JAVA_BYTE,
                        received.offset,
                        bytes,
                        0,
                        bytes.length);
                heard.append(new String(bytes, StandardCharsets.US_ASCII));
                chunk.release();
            }
            if (c.endOfStream()) {
                heard.append(END);
            }
        }

        @Override
        public void writable(TcpConnection c) {}

        @Override
        public void closed(TcpConnection c, CloseCause cause) {
            boolean unheard = heard.toString().endsWith(END); // the kernel's reader reads no more
            if (cause != CloseCause.CLOSED && cause != CloseCause.ABORTED && !unheard) {
                heard.append(" ").append(cause);
            }
        }
    }

    @Override
    public List<byte[]> exchange(byte[]... packets) {
        now += MILLISECOND;
        if (stack.nextDeadline() <= now) {
            stack.handleTimers(now);
        }
        for (byte[] packet : packets) {
            MemorySegment.copy(packet, 0, buffer, ValueLayout.JAVA_BYTE, 0, packet.length);
            stack.input(buffer, 0, packet.length, now);
        }
        stack.endBatch(now);
        stack.deliver();
        List<byte[]> out = new ArrayList<>();
        for (int n = pull(); n > 0; n = pull()) {
            out.add(buffer.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE));
        }
        return out;
    }

    @Override
    public List<byte[]> rest() {
        long end = now + KernelSubject.DELAYED_ACK;
        List<byte[]> out = new ArrayList<>();
        while (stack.nextDeadline() <= end) {
            now = Math.max(now, stack.nextDeadline()) - MILLISECOND;
            out.addAll(exchange());
        }
        now = end;
        return out;
    }

    private int pull() {
        return stack.pull(buffer, 0, MTU, now);
    }

    @Override
    public void dial(boolean v6, int port) {
        application.connection =
                stack.connect(new InetSocketAddress(KernelHost.ours(v6), port), application);
    }

    @Override
    public void accept() {
        connection();
    }

    private TcpConnection connection() {
        return Objects.requireNonNull(application.connection, "no connection");
    }

    @Override
    public void send(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        MemorySegment m = Arena.ofAuto().allocate(bytes.length);
        m.copyFrom(MemorySegment.ofArray(bytes));
        connection().write(m, 0, bytes.length, () -> {});
    }

    @Override
    public void shutdownOutput() {
        connection().shutdownOutput();
    }

    @Override
    public void close() {
        connection().close();
    }

    @Override
    public String heard() {
        return application.heard.toString().strip();
    }

    @Override
    public void forget() {
        stack.close();
        stack.deliver();
    }
}
