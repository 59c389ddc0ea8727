package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The proxy's resolver: what a file's {@code dns} says, or the system's resolver where it says
 * nothing. Thread-safe; lives on one event loop.
 */
final class Dns implements NameResolver {
    private static final Set<DnsRecordType> BOTH = Set.of(DnsRecordType.A, DnsRecordType.AAAA);
    private static final String LOCALHOST = "localhost";

    /**
     * What is asked, in the file's order.
     *
     * @param own its name, if it is given by one
     */
    record Server(DnsSettings.Server settings, NameServer asked, @Nullable String own) {}

    /** All that a file says, made real. */
    private record State(
            DnsSettings settings,
            DnsHosts hosts,
            List<Server> servers,
            @Nullable FakeNames fakes) {}

    /**
     * Who asks.
     *
     * @param outbound that needs the answer before anything goes by it; null = none
     * @param isClient whether it may be told an address that only stands for the name
     */
    private record Asker(@Nullable String outbound, boolean isClient) {
        static final Asker PROXY = new Asker(null, false);
        static final Asker CLIENT = new Asker(null, true);
    }

    private final NameResolver system;
    private final NameServer systemServer;
    private final EventLoop home;
    private final Set<String> complained = new HashSet<>();

    /** Until it is done, names wait. */
    private final Promise<Void> configured;

    private volatile @Nullable State state;

    /** A resolver that waits for {@link #configure}. */
    Dns(NameResolver system, EventLoop home) {
        this.system = system;
        this.home = home;
        this.configured = home.newPromise();
        this.systemServer =
                new NameServer(
                        "localhost",
                        new SystemDns(system, home),
                        new NameServer.Policy(10_000, false, 0, null),
                        home);
    }

    /**
     * Asks from now on as a file says. What is the same as before goes on. Any thread.
     *
     * @param settings null = the system
     * @param make a server's transport, unless it makes addresses up
     */
    void configure(
            @Nullable DnsSettings settings, Function<DnsSettings.Server, DnsTransport> make) {
        State old = state;
        if (old != null
                && settings != null
                && old.settings.fingerprint().equals(settings.fingerprint())) {
            return;
        }
        if (settings == null) {
            state = null;
        } else {
            FakeNames fakes = fakes(settings.fakePools());
            List<Server> servers = new ArrayList<>();
            for (DnsSettings.Server server : settings.servers()) {
                HostPort place = server.address().place();
                boolean named = place != null && Destination.literal(place.host()) == null;
                FakeNames made = server.isFake() ? fakes : null;
                NameServer asked =
                        new NameServer(
                                server.address().label(),
                                made == null ? make.apply(server) : new FakeDns(made),
                                made == null ? server.policy() : server.policy().uncached(),
                                home);
                servers.add(
                        new Server(
                                server,
                                asked,
                                named && place != null ? DnsQuery.ascii(place.host()) : null));
            }
            DnsHosts hosts = settings.hosts();
            state =
                    new State(
                            settings,
                            settings.useSystemHosts() ? hosts.with(SystemDns.hosts()) : hosts,
                            List.copyOf(servers),
                            fakes);
        }
        configured.trySuccess(null);
        if (old != null) {
            home.execute(() -> old.servers.forEach(server -> server.asked.close()));
        }
    }

    /** Where nothing is new about the pools, what was given stands for the same names. */
    private @Nullable FakeNames fakes(List<FakeNames.Pool> pools) {
        FakeNames before = fakes();
        if (before != null && before.pools().equals(pools)) {
            return before;
        }
        return pools.isEmpty() ? null : new FakeNames(pools);
    }

    @Override
    public @Nullable FakeNames fakes() {
        State now = state;
        return now == null ? null : now.fakes;
    }

    @Override
    public Future<List<InetAddress>> resolve(String name, EventLoop loop) {
        return asksSystem() ? system.resolve(name, loop) : addresses(name, Asker.PROXY, loop);
    }

    /**
     * Resolves what an outbound needs before anything can go by it: servers whose questions go by
     * that outbound are left out, and where there are any, the system knows at last.
     */
    NameResolver outside(String outboundTag) {
        return (name, loop) ->
                asksSystem()
                        ? system.resolve(name, loop)
                        : addresses(name, new Asker(outboundTag, false), loop);
    }

    private boolean asksSystem() {
        return configured.isDone() && state == null;
    }

    private Future<List<InetAddress>> addresses(String name, Asker asker, EventLoop loop) {
        Promise<List<InetAddress>> result = loop.newPromise();
        lookup(name, BOTH, asker)
                .addListener((Future<DnsReply> done) -> {
                    if (!done.isSuccess()) {
                        result.tryFailure(done.cause());
                    } else if (done.getNow().addresses().isEmpty()) {
                        result.tryFailure(
                                new DialException(
                                        Failure.RESOLVE, "the name " + name + " has no address"));
                    } else {
                        result.trySuccess(usable(done.getNow().addresses()));
                    }
                });
        return result;
    }

    /** What this machine has no address to come from is tried last (RFC 6724 section 5, rule 1). */
    private static List<InetAddress> usable(List<InetAddress> addresses) {
        boolean four = LocalFamilies.has(false) || !LocalFamilies.has(true);
        return four ? addresses : AddressOrder.IPV6_FIRST.apply(addresses);
    }

    /**
     * Looks a name up.
     *
     * @param types of the records wanted
     * @return on any loop; {@link DnsReply#isAnswer} unless the file itself says a code
     */
    Future<DnsReply> lookup(String name, Collection<DnsRecordType> types) {
        return lookup(name, types, Asker.PROXY);
    }

    /** As {@link #lookup}, for a client, who will send to what it is told by us. */
    Future<DnsReply> lookupForClient(String name, Collection<DnsRecordType> types) {
        return lookup(name, types, Asker.CLIENT);
    }

    private Future<DnsReply> lookup(String text, Collection<DnsRecordType> types, Asker asker) {
        Promise<DnsReply> result = home.newPromise();
        if (configured.isDone() && home.inEventLoop()) {
            begin(text, types, asker, result);
        } else {
            configured.addListener(done -> begin(text, types, asker, result));
        }
        return result;
    }

    private void begin(
            String text, Collection<DnsRecordType> types, Asker asker, Promise<DnsReply> result) {
        String name = DnsQuery.ascii(text);
        State now = state;
        if (name == null) {
            result.trySuccess(DnsReply.noSuchName());
            return;
        }
        if (now == null) {
            answer(systemServer.ask(name, types, false), result);
            return;
        }
        List<DnsRecordType> wanted =
                types.stream().filter(now.settings.strategy()::allows).toList();
        DnsHosts.Found found = now.hosts.find(name, wanted);
        if (found.reply() != null) {
            result.trySuccess(found.reply());
        } else if (found.name().equals(LOCALHOST) || found.name().endsWith("." + LOCALHOST)) {
            // RFC 6761 section 6.3: nobody else is asked.
            answer(systemServer.ask(LOCALHOST, wanted, false), result);
        } else {
            answer(
                    DnsLookup.run(
                            steps(now, found.name(), wanted, asker),
                            DnsLookup.Nothing.GOES_ON,
                            home),
                    result);
        }
    }

    private static void answer(Future<DnsReply> asked, Promise<DnsReply> result) {
        asked.addListener((Future<DnsReply> done) -> {
            if (done.isSuccess()) {
                result.trySuccess(done.getNow());
            } else {
                result.tryFailure(done.cause());
            }
        });
    }

    private List<Supplier<Future<DnsReply>>> steps(
            State now, String name, List<DnsRecordType> types, Asker asker) {
        String outbound = asker.outbound;
        List<Server> there =
                asker.isClient
                        ? now.servers
                        : now.servers.stream().filter(each -> !each.settings.isFake()).toList();
        List<Server> servers = new DnsOrder(now.settings).of(name, there);
        boolean left = outbound != null && servers.removeIf(each -> each.asked.goesBy(outbound));
        if (left && complained.add(String.valueOf(outbound))) {
            Log.info(
                    "outbound "
                            + outbound
                            + ": the name "
                            + name
                            + " is not asked of name servers behind that outbound itself");
        }
        List<Supplier<Future<DnsReply>>> steps = new ArrayList<>();
        for (List<Server> group : DnsOrder.groups(servers, now.settings.parallel())) {
            List<Supplier<Future<DnsReply>>> members = new ArrayList<>();
            for (Server server : group) {
                members.add(() -> ask(server, name, types, outbound != null));
            }
            steps.add(
                    members.size() == 1 ? members.getFirst() : () -> DnsLookup.race(members, home));
        }
        // Where made-up addresses are all that the file has, nobody else is asked.
        boolean onlyFakes = there.isEmpty() && outbound == null;
        if (left || (servers.isEmpty() && !onlyFakes)) {
            steps.add(() -> systemServer.ask(name, types, false));
        }
        return steps;
    }

    private Future<DnsReply> ask(
            Server server, String name, List<DnsRecordType> types, boolean alone) {
        List<DnsRecordType> own =
                types.stream().filter(server.settings.strategy()::allows).toList();
        Promise<DnsReply> result = home.newPromise();
        server.asked
                .ask(name, own, alone)
                .addListener((Future<DnsReply> done) -> {
                    if (!done.isSuccess()) {
                        result.tryFailure(done.cause());
                        return;
                    }
                    DnsReply fit = DnsOrder.fitting(server.settings, done.getNow());
                    if (fit == null) {
                        result.tryFailure(
                                new DialException(
                                        Failure.RESOLVE,
                                        "name server "
                                                + server.asked.label()
                                                + " gives no address of "
                                                + name
                                                + " that is expected"));
                    } else {
                        result.trySuccess(fit);
                    }
                });
        return result;
    }
}
