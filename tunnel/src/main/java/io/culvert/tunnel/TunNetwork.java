package io.culvert.tunnel;

import io.culvert.wireguard.Cidr;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a {@link TunDevice} is to the system: addresses, routes and rules. Routes and addresses go
 * with the interface; rules are taken away by {@link #close}, and what a process left that died is
 * found again by {@link #undo} and {@link #undoOrphans}. Thread-safe.
 */
public final class TunNetwork implements AutoCloseable {
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    /** The mark, and the table, that wg-quick tries first. */
    public static final int FIRST_MARK = 51820;

    /** Where Xray's tables begin; an interface's number is added, which no other has. */
    private static final int FIRST_TABLE = 10230;

    private static final int TABLE_STEP = 100_000;

    /** Before {@code main} (32766), and before a tunnel of the whole machine. */
    private static final int PRIORITY = 10230;

    /** Where the rule for {@code main} stands. */
    private static final int RULES_END = 32766;

    private final Rtnetlink netlink;
    private final TunDevice device;
    private final String name;
    private final int index;
    private final List<String> made = new ArrayList<>();
    private boolean closed;

    private TunNetwork(Rtnetlink netlink, TunDevice device, int index) {
        this.netlink = netlink;
        this.device = device;
        this.name = device.name();
        this.index = index;
    }

    /**
     * Makes an interface that has nothing yet.
     *
     * @param name as {@link TunDevice#open} takes it
     * @throws IOException with one sentence, if the system doesn't let us
     */
    public static TunNetwork open(String name) throws IOException {
        TunDevice device = TunDevice.open(name);
        try {
            Rtnetlink netlink = Rtnetlink.open();
            try {
                int index = netlink.linkIndex(device.name());
                if (index == 0) {
                    throw new IOException("the interface " + device.name() + " is gone");
                }
                return new TunNetwork(netlink, device, index);
            } catch (IOException e) {
                netlink.close();
                throw e;
            }
        } catch (IOException e) {
            device.close();
            throw e;
        }
    }

    /** Has the process lead a session of its own; one that leads a group already stays. */
    public static void leaveTerminal() {
        if (UdpTransportChoice.reasonAgainstNative() == null) {
            try (Arena arena = Arena.ofConfined()) {
                LinuxCalls.setsid(LinuxCalls.newCapture(arena));
            }
        }
    }

    /** The interface's name. */
    public String name() {
        return name;
    }

    TunDevice device() {
        return device;
    }

    private void ensureOpen() throws IOException {
        if (closed) {
            throw new IOException("the interface " + name + " is gone");
        }
    }

    /** Gives the interface its addresses and the size of its packets, and puts it up. */
    public synchronized void up(List<InterfaceAddress> addresses, int mtu) throws IOException {
        ensureOpen();
        boolean ipv6 = addresses.stream().anyMatch(a -> RoutingRule.isIpv6(a.address()));
        if (ipv6) {
            allowIpv6();
        }
        for (InterfaceAddress address : addresses) {
            netlink.address(index, address.address(), address.prefixLength());
        }
        netlink.linkUp(index, mtu);
    }

    /** A new interface may have been told by {@code conf.default} to be without. */
    private void allowIpv6() throws IOException {
        Path setting = Path.of("/proc/sys/net/ipv6/conf", name, "disable_ipv6");
        if (Files.isReadable(setting) && Files.readString(setting).strip().equals("1")) {
            Files.writeString(setting, "0");
        }
    }

    /**
     * Has everything go by the interface that is bound to it, or comes from one of its addresses,
     * and nothing else: by a table of its own.
     */
    public synchronized void carryBoundSockets(List<InterfaceAddress> addresses)
            throws IOException {
        ensureOpen();
        int table = freeTable(FIRST_TABLE + index, TABLE_STEP);
        for (boolean ipv6 : new boolean[] {false, true}) {
            List<InetAddress> own = addressesOf(addresses, ipv6);
            if (own.isEmpty()) {
                continue;
            }
            netlink.route(index, everything(ipv6), table);
            add(RoutingRule.boundTo(ipv6, name, PRIORITY, table));
            for (InetAddress address : own) {
                add(RoutingRule.from(address, PRIORITY + 1, table));
            }
        }
    }

    private static List<InetAddress> addressesOf(List<InterfaceAddress> all, boolean ipv6) {
        return all.stream()
                .map(InterfaceAddress::address)
                .filter(a -> RoutingRule.isIpv6(a) == ipv6)
                .toList();
    }

    private static Cidr everything(boolean ipv6) {
        return Cidr.parse(ipv6 ? "::/0" : "0.0.0.0/0");
    }

    /** A mark whose number no table and no rule has. */
    public synchronized int freeMark() throws IOException {
        ensureOpen();
        return freeTable(FIRST_MARK, 1);
    }

    private int freeTable(int first, int step) throws IOException {
        List<RoutingRule> rules = new ArrayList<>(netlink.rules(false));
        rules.addAll(netlink.rules(true));
        int table = first;
        while (isTaken(rules, table)
                || netlink.hasRoutes(false, table)
                || netlink.hasRoutes(true, table)) {
            table += step;
        }
        return table;
    }

    private static boolean isTaken(List<RoutingRule> rules, int table) {
        return rules.stream().anyMatch(r -> r.table() == table || r.fwmark() == table);
    }

    /** Adds routes by the interface to a table; those that are there already stay. */
    public synchronized void route(List<Cidr> prefixes, int table) throws IOException {
        ensureOpen();
        for (Cidr prefix : prefixes) {
            netlink.route(index, prefix, table);
        }
    }

    /** The table that a machine's routes are in. */
    public static int mainTable() {
        return RoutingRule.MAIN_TABLE;
    }

    /**
     * Has everything of a family go by the interface except what has the mark, and what the main
     * table knows a way for that is no default route. Should the interface vanish, it is refused
     * and not sent past the tunnel, until {@link #close} or {@link #undo}.
     *
     * @param udpPort where answers to what has the mark arrive
     */
    public synchronized void carryEverything(boolean ipv6, int mark, int udpPort)
            throws IOException {
        ensureOpen();
        if (ipv6 && !Files.exists(Path.of("/proc/sys/net/ipv6"))) {
            return; // the kernel has none of it
        }
        netlink.guard(ipv6, mark);
        made.add("guard " + ipv6 + " 0 " + mark);
        routeEverything(ipv6, mark);
        int first =
                netlink.rules(ipv6).stream()
                        .mapToInt(RoutingRule::priority)
                        .filter(p -> p > 0)
                        .min()
                        .orElse(RULES_END);
        if (first < 4) {
            throw new IOException("there is no room before the first routing rule");
        }
        add(RoutingRule.mainWithoutDefault(ipv6, first - 2));
        if (!ipv6 && udpPort != 0) {
            add(RoutingRule.fromPort(udpPort, first - 3));
        }
        add(RoutingRule.unmarked(ipv6, mark, first - 1, mark));
    }

    /** An interface without IPv6 takes no such route; then all of IPv6 is refused. */
    private void routeEverything(boolean ipv6, int table) throws IOException {
        try {
            netlink.route(index, everything(ipv6), table);
        } catch (IOException e) {
            if (!ipv6) {
                throw e;
            }
            LOG.log(
                    Level.WARNING,
                    "{0} carries no IPv6, which is refused: {1}",
                    name,
                    e.getMessage());
        }
    }

    private void add(RoutingRule rule) throws IOException {
        netlink.add(rule);
        made.add("rule " + rule.ipv6() + " " + rule.priority() + " " + rule.table());
    }

    /** What has been made that doesn't go with the interface, for {@link #undo}. */
    public synchronized List<String> made() {
        return List.copyOf(made);
    }

    /**
     * Takes away what {@link #made} told, whoever made it.
     *
     * @throws IOException if something is left
     * @throws IllegalArgumentException if that isn't what it told
     */
    public static void undo(List<String> made) throws IOException {
        if (made.isEmpty()) {
            return;
        }
        try (Rtnetlink netlink = Rtnetlink.open()) {
            for (String line : made.reversed()) {
                undo(netlink, line);
            }
        }
    }

    private static void undo(Rtnetlink netlink, String line) throws IOException {
        String[] words = line.split(" ", -1);
        if (words.length != 4) {
            throw new IllegalArgumentException("nothing that can be undone: " + line);
        }
        boolean ipv6 = Boolean.parseBoolean(words[1]);
        int priority = Integer.parseInt(words[2]);
        int table = Integer.parseInt(words[3]);
        switch (words[0]) {
            case "guard" -> netlink.unguard(ipv6, table);
            case "rule" -> {
                for (RoutingRule rule : netlink.rules(ipv6)) {
                    if (rule.protocol() == RoutingRule.PROTOCOL
                            && rule.priority() == priority
                            && rule.table() == table) {
                        netlink.delete(rule);
                    }
                }
            }
            default -> throw new IllegalArgumentException("nothing that can be undone: " + line);
        }
    }

    /**
     * Takes away what {@link #carryBoundSockets} made for interfaces that are no more.
     *
     * @return how many rules
     */
    public static int undoOrphans() throws IOException {
        int deleted = 0;
        try (Rtnetlink netlink = Rtnetlink.open()) {
            for (boolean ipv6 : new boolean[] {false, true}) {
                List<RoutingRule> ours =
                        netlink.rules(ipv6).stream()
                                .filter(r -> r.protocol() == RoutingRule.PROTOCOL)
                                .toList();
                for (RoutingRule rule : ours) {
                    if (isOrphan(rule, ours)) {
                        netlink.delete(rule);
                        deleted++;
                    }
                }
            }
        }
        return deleted;
    }

    /** Whether the interface of its table is gone. */
    private static boolean isOrphan(RoutingRule rule, List<RoutingRule> ours) {
        return ours.stream().anyMatch(r -> r.table() == rule.table() && r.detached());
    }

    /** The size of packets on the way to an address outside; 0 if there is no way. */
    public synchronized int mtuTowards(InetAddress address) throws IOException {
        ensureOpen();
        return netlink.mtuTowards(address);
    }

    /**
     * Takes the rules away, and the interface. An event loop has to have let go of it.
     *
     * @throws IOException if a rule is left
     */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            for (String line : made.reversed()) {
                undo(netlink, line);
            }
            made.clear();
        } finally {
            device.close();
            netlink.close();
        }
    }
}
