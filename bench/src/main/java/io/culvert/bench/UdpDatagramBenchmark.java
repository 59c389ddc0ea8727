package io.culvert.bench;

import io.culvert.netstack.CongestionAlgorithm;
import io.culvert.netstack.Forwarder;
import io.culvert.netstack.NetStack;
import io.culvert.netstack.TcpForwardRequest;
import io.culvert.netstack.UdpDatagram;
import io.culvert.netstack.UdpHandler;
import io.culvert.netstack.UdpSocket;
import io.culvert.netstack.Unreachable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one UDP datagram costs out of a stack and into it, in trains of 44: a bound socket's, and
 * those of forwarded flows, of which there are as many as {@code flows}. With {@code -prof gc}:
 * bytes allocated for each datagram.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class UdpDatagramBenchmark implements UdpHandler, Forwarder {
    private static final int DATAGRAMS = 44 * 32;
    private static final int TRAIN = 44;
    private static final int MTU = TcpSegmentBenchmark.MTU;
    private static final int PORT = 53;
    private static final int CLIENT = 0x0a000001;
    private static final int OWN = 0x0a000002;
    private static final int ELSEWHERE = 0x08080808;

    @Param({"1", "4096"})
    int flows;

    /** Bytes of payload. */
    @Param({"100", "1392"})
    int size;

    private final MemorySegment out = Arena.ofAuto().allocate(MTU);
    private final MemorySegment payload = Arena.ofAuto().allocate(MTU);
    private final UdpDatagram datagram = new UdpDatagram();
    private final InetSocketAddress remote =
            new InetSocketAddress(InetAddress.ofLiteral("10.0.0.1"), 40_000);
    private NetStack stack;
    private UdpSocket socket;
    private MemorySegment bound;
    private MemorySegment[] forwarded;
    private int next;
    private long now = 1_000_000_000_000L;

    @Setup
    public void bind() {
        stack = TcpSegmentBenchmark.stack(CongestionAlgorithm.BBR);
        stack.forwarder(this);
        socket = stack.udp(false, PORT, this);
        bound = packet(OWN, 40_000);
        forwarded = new MemorySegment[flows];
        for (int i = 0; i < flows; i++) {
            forwarded[i] = packet(ELSEWHERE, 1024 + i);
        }
    }

    private MemorySegment packet(int destination, int port) {
        int length = 28 + size;
        MemorySegment m = Arena.ofAuto().allocate(length);
        SegmentPeer.ip(m, CLIENT, destination, 17, length);
        SegmentPeer.udp(m, CLIENT, destination, port << 16 | PORT, 8 + size);
        return m;
    }

    /** To a bound socket, which reads it. */
    @Benchmark
    @OperationsPerInvocation(DATAGRAMS)
    public long in() {
        for (int n = 0; n < DATAGRAMS; n++) {
            stack.input(bound, 0, (int) bound.byteSize(), now);
            turn(n);
        }
        return now;
    }

    /** To a forwarded flow, one after the other. */
    @Benchmark
    @OperationsPerInvocation(DATAGRAMS)
    public long inOfFlows() {
        for (int n = 0; n < DATAGRAMS; n++) {
            MemorySegment m = forwarded[next];
            next = next + 1 == flows ? 0 : next + 1;
            stack.input(m, 0, (int) m.byteSize(), now);
            turn(n);
        }
        return now;
    }

    /** Sent by a bound socket and pulled. */
    @Benchmark
    @OperationsPerInvocation(DATAGRAMS)
    public long out() {
        for (int n = 0; n < DATAGRAMS; n++) {
            socket.send(remote, payload, 0, size);
            if (n % TRAIN == TRAIN - 1) {
                while (stack.pull(out, 0, MTU, now) > 0) {
                    now++;
                }
            }
        }
        return now;
    }

    private void turn(int n) {
        if (n % TRAIN == TRAIN - 1) {
            now += 1_000_000;
            stack.endBatch(now);
            stack.handleTimers(now);
            stack.deliver();
        }
    }

    @Override
    public void readable(UdpSocket from) {
        while (from.receive(datagram)) {
            datagram.chunk.release();
        }
    }

    @Override
    public void unreachable(UdpSocket from, InetSocketAddress address, Unreachable kind) {}

    @Override
    public void closed(UdpSocket from) {}

    @Override
    public void tcp(TcpForwardRequest request) {
        throw new IllegalStateException("nobody opens " + request);
    }

    @Override
    public void udp(UdpSocket flow) {
        flow.handler(this);
    }
}
