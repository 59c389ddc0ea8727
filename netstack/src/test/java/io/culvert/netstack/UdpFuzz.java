package io.culvert.netstack;

import static io.culvert.netstack.FuzzInput.require;
import static io.culvert.netstack.Host.SECOND;
import static io.culvert.netstack.PacketBuilder.packet;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams right and wrong to own sockets and to forwarded flows, and whatever their applications
 * do, in little memory. Each datagram reaches the one socket that it is for, as it was sent, or is
 * counted; each that an application sends leaves as it is, from and to the right addresses.
 */
public final class UdpFuzz {
    private static final int MAX_STEPS = 80;
    private static final int MEMORY = 24 * ChunkPool.DEFAULT_CHUNK_SIZE;
    private static final int FLOWS = 5;
    private static final int[] PORTS = {2000, 2001, 53, 0};
    private static final String[] REMOTES4 = {"9.9.9.9", "10.0.0.1", "224.0.0.1", "10.0.0.2"};
    private static final String[] REMOTES6 = {"2001:db8::9", "fd00::1", "ff02::1", "fd00::2"};

    private final FuzzInput input;
    private final Host host = new Host(b -> b.udpFlows(FLOWS).udpQueueBytes(20_000), MEMORY);
    private final UdpForwards forwards = new UdpForwards();
    private final UdpLog[] logs = new UdpLog[2];
    private final UdpSocket[] sockets = new UdpSocket[2];
    private int number;

    private UdpFuzz(FuzzInput input) {
        this.input = input;
        host.stack.forwarder(forwards);
        bind(0);
        bind(1);
    }

    public static void fuzzerTestOneInput(byte[] data) {
        FuzzInput input = new FuzzInput(data);
        UdpFuzz run = new UdpFuzz(input);
        for (int step = 0; step < MAX_STEPS && !input.isEmpty(); step++) {
            run.step();
        }
        run.end();
    }

    private void bind(int family) {
        logs[family] = new UdpLog();
        sockets[family] = host.stack.udp(family == 1, PORTS[0], logs[family]);
    }

    private void step() {
        int decision = input.octet();
        int family = decision >> 7;
        int flow = forwards.flows.isEmpty() ? -1 : (decision >> 3 & 15) % forwards.flows.size();
        switch (decision & 7) {
            case 0 -> host.advance(input.octet() * SECOND);
            case 1 -> send(sockets[family], remote(family));
            case 2 -> {
                if (flow >= 0) {
                    send(forwards.flows.get(flow), remote(family));
                }
            }
            case 3 -> command(family, flow);
            default -> arrive(decision, family);
        }
    }

    private InetSocketAddress remote(int family) {
        String[] remotes = family == 1 ? REMOTES6 : REMOTES4;
        int which = input.octet();
        return Host.address(remotes[which % remotes.length], PORTS[(which >> 4) % PORTS.length]);
    }

    private void command(int family, int flow) {
        int what = input.octet();
        UdpLog log = flow < 0 || (what & 8) == 0 ? logs[family] : forwards.logs.get(flow);
        UdpSocket socket = flow < 0 || (what & 8) == 0 ? sockets[family] : forwards.flows.get(flow);
        switch (what & 7) {
            case 0 -> {
                socket.close();
                if (socket == sockets[family]) {
                    host.turn();
                    bind(family);
                }
            }
            case 1 -> {
                if (flow >= 0) {
                    Refusal how = input.oneOf(List.of(Refusal.values()));
                    forwards.flows.get(flow).unreachable(remote(family), how);
                }
            }
            default -> {
                log.reading = !log.reading;
                if (log.reading) {
                    log.drain(socket);
                }
            }
        }
        host.turn();
    }

    /** A datagram comes: to whom, and as what, is known before. */
    private void arrive(int decision, int family) {
        int how = input.octet();
        byte[] data = new byte[4 + input.below(how < 0x20 ? 6000 : 700)];
        ByteBuffer.wrap(data).putInt(0, ++number);
        boolean own = (decision & 8) != 0;
        String from = family == 1 ? Host.PEER6 : Host.PEER4;
        String to = own ? ownAddress(family) : family == 1 ? REMOTES6[0] : REMOTES4[0];
        int port = PORTS[(decision >> 4 & 3)];
        int source = 1000 + how % (FLOWS + 2);
        PacketBuilder packet = packet(from, to).id(number).udp(source, port, data);
        boolean sound = spoil(packet, how, family);
        Counters c = host.stack.counters();
        long before = counted(c);
        long dropped = c.udpRcvbufErrors + c.udpFlowsEvicted;
        UdpLog log = sound && port != 0 ? log(family, own && port == PORTS[0], source) : null;
        boolean reads = log == null || log.reading;
        int had = log == null ? 0 : log.data.size();
        int flows = forwards.logs.size();
        packet.fragments(1000).forEach(host::input);
        require(counted(c) == before + 1, "it is counted once what became of a datagram");
        host.turn();
        boolean refused = c.udpRcvbufErrors + c.udpFlowsEvicted != dropped;
        if (log == null && forwards.logs.size() > flows) {
            require(sound && port != 0 && !(own && port == PORTS[0]), "a flow for a reason");
            log = forwards.logs.getLast();
        }
        if (log != null && reads && !refused) {
            require(log.data.size() == had + 1, "who reads gets it, and gets it once");
            require(Arrays.equals(log.data.getLast(), data), "as it was sent");
            int remote = log == logs[family] ? source : port;
            require(log.addresses.getLast().getPort() == remote, "with its address");
        }
    }

    private static String ownAddress(int family) {
        return family == 1 ? Host.OWN6 : Host.OWN4;
    }

    /** Makes it wrong in one way, or not; true if it is right. */
    private static boolean spoil(PacketBuilder packet, int how, int family) {
        switch (how >> 5) {
            case 1 -> packet.corruptChecksum(1 + how);
            case 2 -> packet.patch(5, 7).patch(4, 0);
            case 3 -> packet.patch(4, 0xff);
            case 4 -> {
                packet.noChecksum();
                return family == 0;
            }
            default -> {
                return true;
            }
        }
        return false;
    }

    private static long counted(Counters c) {
        return c.udpInDatagrams
                + c.udpNoPorts
                + c.udpInErrors
                + c.udpInCsumErrors
                + c.udpRcvbufErrors;
    }

    /** Who hears of a datagram now; null: a new flow. */
    private @Nullable UdpLog log(int family, boolean bound, int source) {
        if (bound) {
            return logs[family];
        }
        String client = family == 1 ? Host.PEER6 : Host.PEER4;
        for (int i = forwards.flows.size() - 1; i >= 0; i--) {
            boolean same = forwards.flows.get(i).local().equals(Host.address(client, source));
            if (same && forwards.logs.get(i).closed == 0) {
                return forwards.logs.get(i);
            }
        }
        return null;
    }

    /** One datagram leaves, whole or in fragments, or it is counted why not. */
    private void send(UdpSocket socket, InetSocketAddress to) {
        int length = input.below(0x80) * (input.flag() ? 520 : 30);
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++) {
            data[i] = (byte) (i * 7 + number);
        }
        Counters c = host.stack.counters();
        long before = c.udpOutErrors + c.udpSndbufErrors;
        long sent = c.udpOutDatagrams;
        MemorySegment m = Host.segment(data);
        socket.send(to, m, 0, length);
        boolean leaves = c.udpOutDatagrams > sent;
        require(!leaves || c.udpOutErrors + c.udpSndbufErrors == before, "sent or counted");
        List<PacketView> out = new ArrayList<>(host.turn());
        require(!out.isEmpty() == leaves, "what is sent leaves at once, and nothing else");
        if (leaves) {
            byte[] whole = whole(out);
            require(Arrays.equals(Arrays.copyOfRange(whole, 8, whole.length), data), "its data");
            PacketView first = out.getFirst();
            boolean forwarded = socket != sockets[0] && socket != sockets[1];
            String remote = forwarded ? first.src : first.dst;
            require(Host.address(remote).equals(to.getAddress()), "its remote");
            int ports = ByteBuffer.wrap(whole).getInt();
            require((forwarded ? ports >>> 16 : ports & 0xffff) == to.getPort(), "its port");
        }
    }

    private static byte[] whole(List<PacketView> fragments) {
        int length = fragments.stream().mapToInt(p -> p.payload.length).sum();
        byte[] whole = new byte[length];
        for (PacketView p : fragments) {
            int at = p.fragmentOffset;
            System.arraycopy(p.payload, 0, whole, at, p.payload.length);
            require(p.moreFragments == at + p.payload.length < length, "the last is the last");
        }
        return whole;
    }

    private void end() {
        host.advance(600 * SECOND);
        require(host.stack.liveFlows() == 2, "idle flows are gone");
        host.close();
        require(forwards.logs.stream().allMatch(l -> l.closed == 1), "each end is told once");
    }
}
