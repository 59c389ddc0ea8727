package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A TCP/IP host behind one link, as a pure engine: packets and the time come in, packets and
 * deadlines come out. It owns no thread, clock or socket, and everything is called on one thread.
 *
 * <p>A driver's turn: {@link #input} for each packet, {@link #endBatch}, {@link #deliver} (handlers
 * run there and nowhere else), {@link #pull} until 0, then wait for packets or {@link
 * #nextDeadline}, at which {@link #handleTimers} is due. Calls of the application take no time;
 * their effects leave with the next pull. Times are monotonic nanoseconds.
 */
public final class NetStack {
    /** Each use of the secret has a function of its own; TCP's numbers begin at 16. */
    private static final int PURPOSE_PATH_MTU = 1;

    private static final int PURPOSE_IDENTIFICATION = 2;
    private static final int PURPOSE_ICMP = 3;
    private static final int PURPOSE_UDP = 4;
    private static final int PURPOSE_REASSEMBLY = 5;
    private static final int PURPOSE_ECHO = 6;

    final NetStackConfig config;
    final Counters counters = new Counters();
    final ChunkPool pool;
    final LocalAddresses addresses;
    final Timers timers = new Timers();
    final Events events = new Events();
    final PathMtu pathMtu;
    final IpOutput output;
    final IcmpOutput icmp;
    final IcmpInput icmpInput;
    final EchoClient echo;
    final UdpLayer udp;
    final TcpLayer tcp;
    private final Reassembly reassembly;
    private final IpInput ip;
    private @Nullable Forwarder forwarder;
    private long now;
    private boolean udpsTurn;
    private boolean closed;

    /** A stack without connections; it does nothing until it is driven. */
    public NetStack(NetStackConfig config) {
        this.config = config;
        pool = config.pool();
        addresses = new LocalAddresses(config.addresses());
        pathMtu = new PathMtu(config.mtu(), config.hash(PURPOSE_PATH_MTU));
        output = new IpOutput(this, config.hash(PURPOSE_IDENTIFICATION));
        icmp = new IcmpOutput(this, config.hash(PURPOSE_ICMP));
        icmpInput = new IcmpInput(this);
        echo = new EchoClient(this, config.hash(PURPOSE_ECHO));
        udp = new UdpLayer(this, config.hash(PURPOSE_UDP));
        reassembly = new Reassembly(this, config.hash(PURPOSE_REASSEMBLY));
        ip = new IpInput(this, reassembly);
        tcp = new TcpLayer(this);
    }

    /** Takes one IP packet of which it isn't known who sent it. */
    public void input(MemorySegment m, long offset, int length, long now) {
        input(m, offset, length, -1, now);
    }

    /**
     * Takes one IP packet; the memory is only borrowed for the call.
     *
     * @param peer number of the link's peer that sent it, so that none takes more than its share of
     *     what all share, however many addresses it has; negative: each address is its own
     */
    public void input(MemorySegment m, long offset, int length, int peer, long now) {
        this.now = now;
        if (!closed) {
            ip.receive(m, offset, length, peer, now);
        }
    }

    /** Ends a batch of input: flows that got packets decide once what to answer. */
    public void endBatch(long now) {
        this.now = now;
        udp.time(now);
        tcp.endBatch(now);
    }

    /** Runs the handlers of everything that has news. */
    public void deliver() {
        events.deliver();
    }

    /**
     * Writes the next packet at {@code offset}.
     *
     * @param capacity room there, at least the MTU
     * @return its length, 0 = nothing to send now
     */
    public int pull(MemorySegment m, long offset, int capacity, long now) {
        if (capacity < config.mtu()) {
            throw new IllegalArgumentException(
                    "capacity " + capacity + " is below the MTU " + config.mtu());
        }
        this.now = now;
        udp.time(now);
        int n = next(m, offset, capacity, now);
        if (n > 0) {
            counters.ipOutRequests++;
            counters.ipOutOctets += n;
        }
        return n;
    }

    /** A datagram that is partly out, then ICMP, then UDP and TCP in turn. */
    private int next(MemorySegment m, long offset, int capacity, long now) {
        if (output.isCutting()) {
            return output.nextFragment(m, offset);
        }
        if (!icmp.queue().isEmpty()) {
            return output.pull(icmp.queue(), icmp.label(), m, offset, now);
        }
        udpsTurn = !udpsTurn;
        int n = udpsTurn ? udp.pull(m, offset, now) : 0;
        if (n == 0) {
            n = tcp.pull(m, offset, capacity, now);
        }
        return n == 0 && !udpsTurn ? udp.pull(m, offset, now) : n;
    }

    /** Whether {@link #pull} would return a packet. */
    public boolean hasOutput(long now) {
        return output.isCutting()
                || !icmp.queue().isEmpty()
                || udp.hasOutput()
                || tcp.hasOutput(now);
    }

    /**
     * When {@link #handleTimers} is due; {@link Long#MAX_VALUE} = never. News that wait for {@link
     * #deliver} are due at once.
     */
    public long nextDeadline() {
        return events.isEmpty() ? timers.nextDeadline() : now;
    }

    /** Fires what is due. {@link #deliver} and {@link #pull} come next. */
    public void handleTimers(long now) {
        this.now = now;
        udp.time(now);
        timers.advance(now);
        if (tcp.paced) {
            tcp.paced = false;
            timers.tellUntil(now + Pacer.RIDE_ALONG, now);
        }
    }

    /**
     * Opens a connection from the own address of the remote's family. A failure comes as {@link
     * TcpHandler#closed}.
     */
    public TcpConnection connect(InetSocketAddress remote, TcpHandler handler) {
        return tcp.connect(null, remote, handler);
    }

    /**
     * The same from a certain own address.
     *
     * @throws IllegalArgumentException if it isn't one of the remote's family
     */
    public TcpConnection connect(InetAddress local, InetSocketAddress remote, TcpHandler handler) {
        return tcp.connect(local, remote, handler);
    }

    /**
     * Listens on a port.
     *
     * @param local own address, null = all of them
     * @param accept gives each connection its handler, called from {@link #deliver}
     * @throws IllegalStateException if the port is taken
     */
    public TcpListener listen(
            @Nullable InetAddress local, int port, Function<TcpConnection, TcpHandler> accept) {
        return tcp.listen(local, port, accept);
    }

    /**
     * Binds a UDP port on all own addresses of a family.
     *
     * @param port 0 = any free one
     * @throws IllegalStateException if the port is taken, none is free, there is no own address of
     *     the family, or the stack is closed
     */
    public UdpSocket udp(boolean ipv6, int port, UdpHandler handler) {
        if (closed) {
            throw new IllegalStateException("the stack is closed");
        }
        return udp.bind(ipv6, port, handler);
    }

    /**
     * Pings a host: sends it an ICMP echo request and waits for the answer (RFC 792, RFC 4443
     * section 4). At most 4096 wait at a time.
     *
     * @param payload copied; what doesn't fit the path's MTU leaves in fragments
     * @param deadline when to stop waiting, monotonic nanoseconds
     * @throws IllegalArgumentException for a payload that no packet can carry
     */
    public void ping(InetAddress remote, byte[] payload, long deadline, EchoHandler handler) {
        echo.send(remote, payload, deadline, handler);
    }

    /** Sets who stands for all addresses that aren't the stack's own; null = nobody. */
    public void forwarder(@Nullable Forwarder forwarder) {
        this.forwarder = forwarder;
    }

    @Nullable Forwarder forwarder() {
        return forwarder;
    }

    boolean isClosed() {
        return closed;
    }

    /** The latest time that the driver told; when the stack was idle, that can be long ago. */
    long now() {
        return now;
    }

    /** What was counted so far; the same object every time. */
    public Counters counters() {
        return counters;
    }

    /** Connections, half-open ones, sockets and forwarded flows that live. */
    public int liveFlows() {
        return tcp.liveFlows() + udp.live();
    }

    /**
     * Aborts everything and releases every chunk and lease. Handlers hear of it with {@link
     * #deliver}.
     */
    public void close() {
        closed = true;
        tcp.close();
        udp.close();
        echo.close();
        reassembly.close();
        output.stopCutting();
        icmp.queue().clear();
    }
}
