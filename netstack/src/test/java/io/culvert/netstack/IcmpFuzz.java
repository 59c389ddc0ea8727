package io.culvert.netstack;

import static io.culvert.netstack.FuzzInput.require;
import static io.culvert.netstack.PacketBuilder.packet;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * ICMP of every type, about packets that the stack sent and such as it never did, while a
 * connection has data in flight, another one is being dialled, and UDP sockets have spoken. Nothing
 * that ICMP says ends an established connection; only what quotes a packet on its way is believed
 * (RFC 5927), and no more than it may say; an echo comes back as it was.
 */
public final class IcmpFuzz {
    private static final int MAX_STEPS = 48;
    private static final String DIALLED = "10.0.0.99";
    private static final int UDP_PORT = 700;
    private static final int LEAST_MTU_V4 = 552;
    private static final int MTU = 1420;

    /** Fits into the narrowest path. */
    private static final int LARGEST_ECHO = LEAST_MTU_V4 - 28;

    private final FuzzInput input;
    private final TcpScript t = new TcpScript();
    private final TcpInvariants invariants = new TcpInvariants(t.host.stack);
    private final UdpLog log = new UdpLog();
    private final UdpSocket udp = t.host.stack.udp(false, UDP_PORT, log);
    private final TcpScript.Recorder dialler = new TcpScript.Recorder();
    private final InetSocketAddress remote = Host.address(Host.PEER4, 53);

    /** What left, as an error may quote it. */
    private final List<byte[]> sent = new ArrayList<>();

    private IcmpFuzz(FuzzInput input) {
        this.input = input;
    }

    public static void fuzzerTestOneInput(byte[] data) {
        FuzzInput input = new FuzzInput(data);
        IcmpFuzz run = new IcmpFuzz(input);
        run.open();
        for (int step = 0; step < MAX_STEPS && !input.isEmpty(); step++) {
            run.step();
            run.invariants.check();
        }
        run.t.close();
    }

    private void open() {
        t.established();
        t.host.stack.connect(Host.address(DIALLED, 443), dialler);
        write(5000);
        send(2000);
    }

    private void keep(List<PacketView> packets) {
        packets.forEach(p -> sent.add(p.bytes));
    }

    private void write(int length) {
        java.lang.foreign.MemorySegment m = Host.segment(new byte[length]);
        t.connection().write(m, 0, length, () -> {});
        keep(t.host.turn());
    }

    private void send(int length) {
        udp.send(remote, Host.segment(new byte[length]), 0, length);
        keep(t.host.turn());
    }

    private void step() {
        int decision = input.octet();
        switch (decision & 7) {
            case 0 -> echo();
            case 1 -> keep(t.host.advance(input.below(30_000) * Host.MILLI));
            case 2 -> {
                if (t.connection().sendSpace() > 0) {
                    write(1 + input.below(3000));
                }
                send(input.below(3000));
            }
            case 3 -> t.send(t.ackOf((int) t.sender().next - t.isn, 1)).drain();
            default -> error(decision >> 4);
        }
    }

    private void echo() {
        byte[] data = input.bytes(input.below(LARGEST_ECHO));
        int id = input.i32();
        t.host.input(packet(Host.PEER4, Host.OWN4).icmp(8, 0, id, data));
        List<PacketView> out = t.host.turn().stream().filter(p -> p.protocol == 1).toList();
        require(out.size() == 1 && out.getFirst().isIcmp(0, 0), "one echo is answered by one");
        require(out.getFirst().i32(4) == id, "with its identifier and sequence");
        require(Arrays.equals(out.getFirst().data(), data), "with its data");
    }

    /** An error that quotes something; whether it is to be believed is told by another rule. */
    private void error(int how) {
        byte[] original = input.oneOf(sent);
        byte[] quoted = (how & 1) == 0 ? original : input.mutate(original);
        quoted = Arrays.copyOf(quoted, Math.min(quoted.length, (how & 2) == 0 ? 28 : 548));
        int type = (how & 4) == 0 ? 3 : new int[] {4, 5, 11, 12}[input.octet() % 4];
        int code = input.octet() % 18;
        int rest = (how & 8) == 0 ? input.u16() : input.i32();
        TcpConnection c = t.connection();
        long before = memoryOfErrors();
        boolean ours = isOurs(quoted);
        boolean open = !c.isOver();
        int mss = c.sender().mss();
        String from = "192.0.2." + input.octet();
        t.host.input(packet(from, Host.OWN4).icmp(type, code, rest, quoted));
        for (PacketView out : t.host.turn()) {
            require(out.protocol != 1, "an error answers no error");
            sent.add(out.bytes);
        }
        require(open == !c.isOver(), "an established connection outlives ICMP");
        boolean narrowed = c.sender().mss() < mss;
        require(c.sender().mss() >= LEAST_MTU_V4 - 40, "no segment is made tiny");
        require(!narrowed || (type == 3 && code == 4), "only a narrow path makes segments small");
        if (!ours) {
            require(!narrowed && memoryOfErrors() == before, "what was not sent is not believed");
        } else if (type == 3 && code == 3 && quoted[9] == 17) {
            require(memoryOfErrors() == before + 1_000, "a closed port is told");
        }
    }

    /** Changes with everything that an error may cause. */
    private long memoryOfErrors() {
        PathMtu paths = t.host.stack.pathMtu;
        long now = t.host.now;
        long mtus = paths.get(0, lo(Host.PEER4), now) * 2L * MTU + paths.get(0, lo(DIALLED), now);
        return (mtus * 1000 + log.unreachable.size()) * 1000 + dialler.events.size();
    }

    private static long lo(String address) {
        return IpAddress.lo(Host.address(address));
    }

    /** Whether the quoted header is that of a flow of ours, and a TCP sequence on its way. */
    private boolean isOurs(byte[] q) {
        if (q.length < 28 || q[0] >>> 4 != 4 || (q[0] & 15) < 5 || q.length < (q[0] & 15) * 4 + 8) {
            return false;
        }
        java.nio.ByteBuffer b = java.nio.ByteBuffer.wrap(q);
        int at = (q[0] & 15) * 4;
        int source = b.getShort(at) & 0xffff;
        boolean own = b.getInt(12) == (int) lo(Host.OWN4);
        if (!own || (b.getShort(6) & 0x1fff) != 0) {
            return false;
        }
        if (q[9] == 17) {
            int target = b.getShort(at + 2) & 0xffff;
            return source == UDP_PORT && b.getInt(16) == (int) lo(Host.PEER4) && target == 53;
        }
        return q[9] == 6 && isOnItsWay(b.getInt(16), b.getInt(at), b.getInt(at + 4));
    }

    private boolean isOnItsWay(int remoteAddress, int ports, int sequence) {
        for (TcpFlow flow : t.host.stack.tcp.flows.snapshot()) {
            if (flow instanceof TcpConnection c
                    && (int) c.remoteLo == remoteAddress
                    && c.ports == ports
                    && sequence - (int) c.sender().una >= 0
                    && sequence - (int) c.sender().next < 0) {
                return true;
            }
        }
        return false;
    }
}
