package io.culvert.netstack;

import static io.culvert.netstack.FuzzInput.require;
import static io.culvert.netstack.Host.SECOND;
import static io.culvert.netstack.PacketBuilder.packet;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A few clients that open, repeat, abandon and reset connections to a listener and to forwarded
 * destinations, whose dials take their time. Nobody is answered before the dial is decided, each
 * request is announced once and ends once, limits hold, and in the end nothing is left.
 */
public final class TcpOpenFuzz {
    private static final int MAX_STEPS = 120;
    private static final int CLIENTS = 8;
    private static final int BACKLOG = 3;
    private static final int PENDING = 4;
    private static final String DESTINATION = "9.9.9.9";
    private static final int PORT = 80;
    private static final String[] FLAGS = {"S", "S", "S", "A", "PA", "FA", "R", "RA", "SA", "SF"};

    private final FuzzInput input;
    private final Host host;
    private final TcpInvariants invariants;
    private final List<Request> requests = new ArrayList<>();
    private final List<TcpScript.Recorder> apps = new ArrayList<>();
    private final Set<InetSocketAddress> decided = new HashSet<>();
    private TcpListener listener;

    /** What the forwarder was asked, and what became of it. */
    private static final class Request {
        private final TcpForwardRequest request;
        private boolean decided;
        private int cancelled;

        private Request(TcpForwardRequest request) {
            this.request = request;
            request.onCancel(() -> cancelled++);
        }
    }

    private final class Dials implements Forwarder {
        @Override
        public void tcp(TcpForwardRequest request) {
            requests.add(new Request(request));
        }

        @Override
        public void udp(UdpSocket flow) {
            flow.close();
        }
    }

    private TcpOpenFuzz(FuzzInput input) {
        this.input = input;
        TcpSettings settings = TcpSettings.builder().backlog(BACKLOG).pending(PENDING).build();
        host = new Host(b -> b.tcp(settings));
        invariants = new TcpInvariants(host.stack);
        host.stack.forwarder(new Dials());
        listener = listen();
    }

    private TcpListener listen() {
        return host.stack.listen(null, PORT, c -> app());
    }

    private TcpScript.Recorder app() {
        TcpScript.Recorder app = new TcpScript.Recorder();
        apps.add(app);
        return app;
    }

    public static void fuzzerTestOneInput(byte[] data) {
        FuzzInput input = new FuzzInput(data);
        TcpOpenFuzz run = new TcpOpenFuzz(input);
        for (int step = 0; step < MAX_STEPS && !input.isEmpty(); step++) {
            run.step();
            run.check();
        }
        run.end();
    }

    private void step() {
        int decision = input.octet();
        switch (decision & 7) {
            case 0 -> look(host.advance(input.octet() * (long) input.octet() * 10 * Host.MILLI));
            case 1 -> decide(decision >> 3);
            case 2 -> {
                if ((decision & 0xf0) == 0) {
                    listener.close();
                    look(host.turn());
                    listener = listen();
                }
                apps.forEach(a -> close(a, decision));
                look(host.turn());
            }
            default -> segment(decision >> 3);
        }
    }

    private static void close(TcpScript.Recorder app, int how) {
        TcpConnection c = app.connection;
        if (c != null && (how & 8) != 0) {
            c.close();
        }
    }

    /** Sequence numbers are small for each client, so that attempts are the same or others. */
    private void segment(int how) {
        int kind = input.octet();
        int numbers = input.octet();
        int client = 1000 + how % CLIENTS;
        boolean forwarded = (how & 8) != 0;
        String to = forwarded ? DESTINATION : Host.OWN4;
        int seq = 100 * (numbers & 3) + (numbers >> 2 & 3) - 1;
        int ack = expected(to, client) + ((numbers & 0x30) == 0 ? input.near(0) : 0);
        byte[] options = Seg.of("A").mss(1000).ts(kind, 0).sackOk().ws(7).optionBytes(0);
        Seg s = Seg.of(FLAGS[kind % FLAGS.length]);
        host.input(
                packet(Host.PEER4, to)
                        .tcp(
                                client,
                                PORT,
                                seq,
                                ack,
                                s.flags,
                                1000,
                                (kind & 0x80) == 0 ? new byte[0] : options,
                                new byte[(numbers & 0x40) == 0 ? 0 : 10]));
        look(host.turn());
    }

    /** What an honest client acknowledges: the number behind our SYN, wherever it is kept. */
    private int expected(String to, int client) {
        for (TcpFlow flow : host.stack.tcp.flows.snapshot()) {
            if (flow.remotePort() == client && (int) flow.localLo == (int) lo(to)) {
                if (flow instanceof TcpSyn syn) {
                    return syn.initialSequence + 1;
                }
                if (flow instanceof TcpConnection c) {
                    return (int) c.sender().next;
                }
            }
        }
        return 1;
    }

    private static long lo(String address) {
        return IpAddress.lo(Host.address(address));
    }

    private void decide(int how) {
        List<Request> waiting = requests.stream().filter(r -> !r.decided).toList();
        if (waiting.isEmpty()) {
            return;
        }
        Request r = waiting.get(how % waiting.size());
        r.decided = true;
        if ((how & 16) != 0) {
            TcpScript.Recorder app = app();
            app.connection = r.request.accept(app);
            if (r.cancelled == 0) {
                decided.add(r.request.source());
            }
        } else {
            r.request.refuse(input.oneOf(List.of(Refusal.values())));
        }
        look(host.turn());
    }

    /** Whoever gets a SYN-ACK from a destination, for him a dial has succeeded. */
    private void look(List<PacketView> packets) {
        for (PacketView p : packets) {
            boolean synAck = p.protocol == 6 && (p.u8(13) & 0x12) == 0x12;
            if (synAck && p.src.equals(DESTINATION)) {
                InetSocketAddress client = Host.address(p.dst, p.destinationPort());
                require(decided.contains(client), "no SYN-ACK before the dial is decided");
            }
        }
    }

    private void check() {
        invariants.check();
        long open = requests.stream().filter(r -> !r.decided && r.cancelled == 0).count();
        require(open <= PENDING, "no more than the limit wait for a dial");
        int halfOpen = 0;
        int parked = 0;
        for (TcpFlow flow : host.stack.tcp.flows.snapshot()) {
            halfOpen += flow instanceof TcpHalfOpen ? 1 : 0;
            parked += flow instanceof TcpForwardRequest ? 1 : 0;
        }
        require(halfOpen <= BACKLOG, "no more than the backlog are half open");
        require(parked == open, "who waits for a dial is known, and who does not is not");
        require(requests.stream().allMatch(r -> r.cancelled <= 1), "cancelled once");
    }

    private void end() {
        apps.forEach(a -> close(a, 8));
        look(host.turn());
        look(host.advance(2000 * SECOND));
        require(host.stack.liveFlows() == 0, "everybody gave up at last");
        require(host.stack.timers.armed() == 0, "and no timer is left");
        host.close();
        for (TcpScript.Recorder app : apps) {
            long ends = app.events.stream().filter(e -> e.startsWith("closed")).count();
            require(ends == 1, "each end is told once");
        }
    }
}
