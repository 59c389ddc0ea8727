package io.culvert.interop;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * HOST COUNT PORT=BYTE...: opens so many connections, in turn to each port, says that byte and
 * nothing more, and waits until the other side has ended all.
 */
final class SilentCrowd {
    private SilentCrowd() {}

    public static void main(String[] arguments) throws IOException {
        int count = Integer.parseInt(arguments[1]);
        List<SocketChannel> silent = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String[] port = arguments[2 + i % (arguments.length - 2)].split("=", -1);
            SocketChannel channel =
                    SocketChannel.open(
                            new InetSocketAddress(arguments[0], Integer.parseInt(port[0])));
            channel.write(ByteBuffer.wrap(new byte[] {Byte.parseByte(port[1])}));
            silent.add(channel);
        }
        System.out.println("open " + silent.size());
        int ended = 0;
        for (SocketChannel channel : silent) {
            try (channel) {
                while (channel.read(ByteBuffer.allocate(100)) >= 0) {
                    // What it says at last, such as that the time is up.
                }
            } catch (IOException e) {
                // A reset is an end as well.
            }
            ended++;
        }
        System.out.println("ended " + ended);
    }
}
