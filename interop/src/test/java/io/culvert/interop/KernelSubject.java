package io.culvert.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The kernel's TCP: packets are put into its TUN device by hand. */
final class KernelSubject implements Subject {
    private static final int ICMP = 1;
    private static final int TCP = 6;

    /** Linux TCP_DELACK_MAX, and some time to run it, nanoseconds; mostly it is 40 ms. */
    static final long DELAYED_ACK = 500_000_000;

    private static final long PATIENCE = 5_000_000_000L;

    private final KernelHost host;
    private final int port;
    private final ServerSocketChannel listener;
    private final MemorySegment buffer = Arena.ofAuto().allocate(1 << 16);
    private final ByteBuffer read = ByteBuffer.allocate(1 << 16);
    private final StringBuilder heard = new StringBuilder();
    private @Nullable SocketChannel channel;
    private int echoes;

    /**
     * @param port of the prober
     */
    KernelSubject(KernelHost host, boolean v6, int port) {
        this.host = host;
        this.port = port;
        listener = host.listen(v6, LISTENING);
        run(() -> listener.configureBlocking(false));
    }

    /** Something that only fails when the machine does. */
    private interface Call {
        void run() throws IOException;
    }

    private static void run(Call call) {
        try {
            call.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The kernel answers packets in order, so that everything was answered once an echo request
     * behind them was.
     */
    @Override
    public List<byte[]> exchange(byte[]... packets) {
        for (byte[] packet : packets) {
            write(packet);
        }
        echoes++;
        ByteBuffer echo = ByteBuffer.allocate(8).put((byte) 8).putInt(4, echoes);
        echo.putShort(2, (short) IpPacket.checksum(echo.array()));
        write(IpPacket.of(KernelHost.OURS4, KernelHost.KERNEL4, ICMP, echo.array()));
        List<byte[]> out = new ArrayList<>();
        long end = System.nanoTime() + PATIENCE;
        while (true) {
            int n = host.device.read(buffer);
            if (n > 0) {
                byte[] packet = buffer.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
                if (isEchoReply(packet)) {
                    return out;
                }
                if (isToProber(packet)) {
                    out.add(packet);
                }
            } else if (System.nanoTime() > end) {
                throw new AssertionError("the kernel doesn't answer");
            } else {
                host.device.await(PATIENCE);
            }
        }
    }

    @Override
    public List<byte[]> rest() {
        List<byte[]> out = new ArrayList<>();
        long end = System.nanoTime() + DELAYED_ACK;
        for (long left = DELAYED_ACK; out.isEmpty() && left > 0; left = end - System.nanoTime()) {
            host.device.await(left);
            out.addAll(exchange());
        }
        return out;
    }

    /** Not what IPv6 says to its neighbours, or the connections of earlier rows. */
    private boolean isToProber(byte[] packet) {
        return IpPacket.protocol(packet) == TCP
                && (IpPacket.payload(packet).getShort(2) & 0xffff) == port;
    }

    private boolean isEchoReply(byte[] packet) {
        return !IpPacket.isV6(packet)
                && IpPacket.protocol(packet) == ICMP
                && IpPacket.payload(packet).get(0) == 0
                && IpPacket.payload(packet).getInt(4) == echoes;
    }

    private void write(byte[] packet) {
        MemorySegment.copy(packet, 0, buffer, ValueLayout.JAVA_BYTE, 0, packet.length);
        host.device.write(buffer.asSlice(0, packet.length));
    }

    @Override
    public void dial(boolean dialsV6, int toPort) {
        SocketChannel dialling = host.socket(dialsV6);
        channel = dialling;
        run(() -> {
            dialling.configureBlocking(false);
            dialling.connect(new InetSocketAddress(KernelHost.ours(dialsV6), toPort));
        });
    }

    @Override
    public void accept() {
        tryAccept();
        channel();
    }

    private void tryAccept() {
        run(() -> {
            SocketChannel accepted = listener.accept();
            if (accepted != null) {
                accepted.configureBlocking(false);
                channel = accepted;
            }
        });
    }

    private SocketChannel channel() {
        return Objects.requireNonNull(channel, "no connection");
    }

    @Override
    public void send(String text) {
        run(() -> {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
            int _ = channel().write(bytes);
        });
    }

    @Override
    public void shutdownOutput() {
        run(() -> channel().shutdownOutput());
    }

    @Override
    public void close() {
        heard();
        run(() -> channel().close());
    }

    @Override
    public String heard() {
        if (channel == null) {
            tryAccept();
        }
        SocketChannel c = channel;
        if (c != null && c.isOpen()) {
            try {
                if (c.finishConnect()) {
                    drain(c);
                }
            } catch (ConnectException _) {
                heard.append(" REFUSED");
            } catch (IOException _) {
                heard.append(" RESET");
            }
        }
        return heard.toString().strip();
    }

    private void drain(SocketChannel c) throws IOException {
        int n = c.read(read.clear());
        while (n > 0) {
            heard.append(StandardCharsets.US_ASCII.decode(read.flip()));
            n = c.read(read.clear());
        }
        if (n < 0) {
            heard.append(" END");
        }
    }

    /** The kernel may still have something to say about it, which nobody hears. */
    @Override
    public void forget() {
        run(() -> {
            SocketChannel c = channel;
            if (c != null) {
                c.close();
            }
            for (SocketChannel more = listener.accept(); more != null; more = listener.accept()) {
                more.close();
            }
            listener.close();
        });
        exchange();
    }
}
