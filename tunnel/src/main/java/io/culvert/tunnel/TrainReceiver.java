package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.EAGAIN;
import static io.culvert.tunnel.LinuxConstants.MSG_TRUNC;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;

/**
 * How a {@link LinuxUdpSocket} receives: a train by one {@code recvmsg} where the kernel joins
 * datagrams ({@code UDP_GRO}), else many datagrams by one {@code recvmmsg}.
 */
final class TrainReceiver {
    /** Result of {@link #receive}: nothing there. */
    static final int WOULD_BLOCK = -1;

    /** Result of {@link #receive}: an error, there may be more. */
    static final int FAILED = -2;

    /** The lowest two bits of the traffic class (RFC 3168). */
    private static final int ECN = 3;

    private final KernelCalls kernel;
    private final int fd;
    private final MemorySegment capture;
    private final MessageHeader incoming;
    private final SocketAddresses addresses;
    private final UdpCounters counters;
    private boolean gro;
    private boolean recvmmsg;
    private boolean stopped;
    private int trafficClass;

    /**
     * @param arena lives as long as the socket
     */
    TrainReceiver(
            KernelCalls kernel,
            int fd,
            Arena arena,
            SocketAddresses addresses,
            UdpCounters counters) {
        this.kernel = kernel;
        this.fd = fd;
        this.addresses = addresses;
        this.counters = counters;
        capture = LinuxCalls.newCapture(arena);
        incoming = new MessageHeader(arena, false);
    }

    boolean gro() {
        return gro;
    }

    /** Whether the kernel was told to join datagrams. */
    void gro(boolean on) {
        gro = on;
    }

    boolean recvmmsg() {
        return recvmmsg;
    }

    /** Whether many datagrams may be asked for at once. */
    void recvmmsg(boolean on) {
        recvmmsg = on;
    }

    /** The DSCP and ECN byte of what was handed over last. */
    int trafficClass() {
        return trafficClass;
    }

    /** Nothing is handed over any more, also of what was received already. */
    void stop() {
        stopped = true;
    }

    /**
     * Makes one call, and hands over what it brought.
     *
     * @return the bytes that were handed over, or one of the two above; 0 when all was discarded
     */
    int receive(ReceiveSlab slab, UdpTransport.Receiver receiver) {
        return recvmmsg && !gro
                ? receiveBatch(slab.batch(), receiver)
                : receiveTrain(slab.train, receiver);
    }

    private int receiveTrain(MemorySegment slab, UdpTransport.Receiver receiver) {
        incoming.prepareReceive(slab);
        int length = (int) kernel.recvmsg(capture, fd, incoming.header, 0);
        if (length < 0) {
            return nothing();
        }
        if ((incoming.flags() & MSG_TRUNC) != 0) {
            counters.truncated++;
            return 0;
        }
        InetSocketAddress source = incoming.readSource(addresses);
        if (length == 0 || source == null) {
            return 0;
        }
        int reported = incoming.groSegmentSize();
        int segment = reported > 0 && reported < length ? reported : length;
        handOver(receiver, slab, 0, length, segment, source, incoming.trafficClass());
        return length;
    }

    private int receiveBatch(DatagramBatch batch, UdpTransport.Receiver receiver) {
        if (batch.receive(kernel, capture, fd) < 0) {
            return nothing();
        }
        int bytes = 0;
        while (!stopped && batch.next(addresses, counters)) {
            bytes += batch.length();
            handOver(
                    receiver,
                    batch.memory(),
                    batch.offset(),
                    batch.length(),
                    batch.segmentSize(),
                    batch.source(),
                    batch.trafficClass());
        }
        return bytes;
    }

    private int nothing() {
        if (LinuxCalls.errno(capture) == EAGAIN) {
            return WOULD_BLOCK;
        }
        counters.receiveErrors++; // an ICMP error of an earlier datagram; the socket lives on
        return FAILED;
    }

    private void handOver(
            UdpTransport.Receiver receiver,
            MemorySegment memory,
            int offset,
            int length,
            int segment,
            InetSocketAddress source,
            int trafficClass) {
        counters.receivedTrains++;
        counters.receivedBytes += length;
        this.trafficClass = trafficClass;
        receiver.datagrams(memory, offset, length, segment, source, trafficClass & ECN);
    }
}
