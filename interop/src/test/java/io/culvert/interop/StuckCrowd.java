package io.culvert.interop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * HOST PORT COUNT BYTES: opens connections to an echo and has a byte back on each. At the first
 * line on standard input writes until nobody takes any more, BYTES on each at most; at the second
 * one ends them and reads what comes back, one after the other.
 */
final class StuckCrowd {
    /** Nothing was taken for so long: nothing will be. */
    private static final long STUCK = TimeUnit.SECONDS.toNanos(1);

    private static final int PIECE = 1 << 16;

    private StuckCrowd() {}

    public static void main(String[] arguments) throws IOException {
        InetSocketAddress address =
                new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        int count = Integer.parseInt(arguments[2]);
        int bytes = Integer.parseInt(arguments[3]);
        BufferedReader commands =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
        List<SocketChannel> channels = new ArrayList<>();
        long[] written = new long[count];
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open(address);
            channel.write(piece.clear().limit(1));
            channel.read(piece.clear().limit(1));
            channels.add(channel);
        }
        System.out.println("open " + count);
        commands.readLine();
        write(channels, written, bytes, piece);
        System.out.println("stuck");
        commands.readLine();
        int whole = 0;
        String failure = "";
        for (int i = 0; i < count; i++) {
            try (SocketChannel channel = channels.get(i)) {
                channel.shutdownOutput();
                channel.configureBlocking(true);
                long back = 0;
                for (int n = channel.read(piece.clear()); n >= 0; n = channel.read(piece.clear())) {
                    back += n;
                }
                whole += back == written[i] ? 1 : 0;
            } catch (IOException e) {
                failure = ", " + e.getMessage();
            }
        }
        System.out.println("whole " + whole + failure);
    }

    private static void write(
            List<SocketChannel> channels, long[] written, int bytes, ByteBuffer piece)
            throws IOException {
        for (SocketChannel channel : channels) {
            channel.configureBlocking(false);
        }
        long last = System.nanoTime();
        while (System.nanoTime() - last < STUCK) {
            for (int i = 0; i < written.length; i++) {
                int rest = (int) Math.min(PIECE, bytes - written[i]);
                int taken = channels.get(i).write(piece.clear().limit(rest));
                written[i] += taken;
                if (taken > 0) {
                    last = System.nanoTime();
                }
            }
        }
    }
}
