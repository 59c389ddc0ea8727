package io.culvert.proxy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads a whole configuration and finds everything that is wrong with it. No side effects. */
final class ConfigReader {
    private final Problems problems;
    private final UnaryOperator<@Nullable String> environment;
    private final GeoFiles geo;

    /**
     * A reader.
     *
     * @param environment finds the value of {@code env:NAME}, and where files of lists are
     */
    ConfigReader(Problems problems, UnaryOperator<@Nullable String> environment) {
        this.problems = problems;
        this.environment = environment;
        this.geo = new GeoFiles(environment);
    }

    /** The plan, or null if there are errors. */
    @Nullable Plan read(ConfigNode root) {
        ConfigNode file = root.object(problems);
        List<Plan.OutboundPlan> outbounds = outbounds(file);
        List<Plan.InboundPlan> inbounds = inbounds(file);
        Set<String> tags = new HashSet<>();
        outbounds.forEach(outbound -> tags.add(outbound.tag()));
        new ServiceReader(problems).read(file, tags, inbounds, outbounds);
        checkListeners(inbounds, outbounds);
        checkManagement(inbounds, outbounds);
        String defaultTag = outbounds.isEmpty() ? "" : outbounds.getFirst().tag();
        ConfigNode routing = file.member("routing").object(problems);
        List<String> outboundTags = outbounds.stream().map(Plan.OutboundPlan::tag).toList();
        List<Observatory.Settings> probes =
                new ObservatoryReader(problems, outboundTags).read(file);
        Set<String> probed = new HashSet<>();
        probes.forEach(each -> probed.addAll(each.tags()));
        List<Balancer.Settings> balancers =
                new BalancerReader(problems, outboundTags, probed)
                        .read(routing.member("balancers"));
        Set<String> balancerTags = new HashSet<>();
        balancers.forEach(balancer -> balancerTags.add(balancer.tag()));
        Router router =
                new RoutingReader(problems, geo, tags, defaultTag).read(routing, balancerTags);
        DnsSettings dns =
                new DnsReader(problems, geo).read(file.member("dns"), file.member("fakeDns"));
        checkFakes(file, dns, inbounds);
        Policies policies = Policies.read(file.member("policy").object(problems), problems);
        StatsSettings stats = StatsSettings.read(file, problems);
        // The command line looks after what is logged.
        file.member("log").accept();
        // Which versions of Xray may read the file.
        file.member("version").accept();
        file.reportUnused(problems);
        return problems.hasErrors()
                ? null
                : new Plan(policies, stats, router, dns, balancers, probes, inbounds, outbounds);
    }

    /** One element of {@code inbounds}; null if anything in it is (reported) wrong. */
    Plan.@Nullable InboundPlan inbound(ConfigNode node) {
        Plan.InboundPlan read = new InboundReader(problems, environment, geo).read(node);
        return read == null || problems.hasErrors() ? null : read.with(Fingerprint.of(node));
    }

    /** One element of {@code outbounds}; null if anything in it is (reported) wrong. */
    Plan.@Nullable OutboundPlan outbound(ConfigNode node) {
        Plan.OutboundPlan read = new OutboundReader(problems, geo).read(node);
        return read == null || problems.hasErrors() ? null : read.with(Fingerprint.of(node));
    }

    /** A list of rules for the outbounds and balancers of a plan. */
    List<Rule> rules(ConfigNode list, Plan plan) {
        Set<String> tags = new HashSet<>();
        plan.outbounds().forEach(outbound -> tags.add(outbound.tag()));
        Set<String> balancers = new HashSet<>();
        plan.balancers().forEach(balancer -> balancers.add(balancer.tag()));
        return new RoutingReader(problems, geo, tags, "").rules(list, balancers);
    }

    private List<Plan.OutboundPlan> outbounds(ConfigNode file) {
        List<Plan.OutboundPlan> plans = new ArrayList<>();
        Set<String> tags = new HashSet<>();
        ConfigNode list = file.member("outbounds");
        List<ConfigNode> nodes = list.objects(problems);
        if (nodes.isEmpty() && !problems.hasErrors()) {
            problems.error(list, "needs at least one outbound: traffic has no way out");
        }
        OutboundReader reader = new OutboundReader(problems, geo);
        for (ConfigNode node : nodes) {
            Plan.OutboundPlan read = reader.read(node);
            Plan.OutboundPlan plan = read == null ? null : read.with(Fingerprint.of(node));
            String tag = node.member("tag").string(problems, "");
            if (!tag.isEmpty() && !tags.add(tag)) {
                problems.error(
                        node.member("tag"), "another outbound has the tag \"" + tag + "\" already");
            }
            // An error was reported where the plan is missing; its tag still exists for rules.
            plans.add(
                    plan == null
                            ? new Plan.OutboundPlan(
                                    tag, new BlackholeOutbound.Settings("blackhole", false))
                            : plan);
        }
        new ForeignProtocols(problems).addPortals(file, tags, plans);
        new ChainCheck(problems).check(plans);
        return plans;
    }

    private List<Plan.InboundPlan> inbounds(ConfigNode file) {
        List<Plan.InboundPlan> plans = new ArrayList<>();
        Set<String> tags = new HashSet<>();
        InboundReader reader = new InboundReader(problems, environment, geo);
        for (ConfigNode node : file.member("inbounds").objects(problems)) {
            Plan.InboundPlan plan = reader.read(node);
            if (plan == null) {
                continue;
            }
            plans.add(plan.with(Fingerprint.of(node)));
            String tag = plan.spec().tag();
            if (!tag.isEmpty() && !tags.add(tag)) {
                problems.error(
                        node.member("tag"), "another inbound has the tag \"" + tag + "\" already");
            }
        }
        new ForeignProtocols(problems).reportSilence(file.member("inbounds"), plans);
        return plans;
    }

    /** Addresses that stand for names are of no use where nobody takes them for those. */
    private void checkFakes(
            ConfigNode file, @Nullable DnsSettings dns, List<Plan.InboundPlan> inbounds) {
        boolean given = dns != null && !dns.fakePools().isEmpty();
        if (given && inbounds.stream().noneMatch(inbound -> inbound.spec().sniffing().fakes())) {
            problems.warning(
                    file.member("dns"),
                    "gives addresses of fakedns, but no inbound has fakedns in its"
                            + " sniffing.destOverride: connections to them fail"
                            + " unless sniffing hears the name");
        }
        if (!given && file.has("fakeDns")) {
            problems.warning(file.member("fakeDns"), "has no effect: dns has no server fakedns");
        }
    }

    /** No two tunnels have the same socket. */
    private void checkManagement(
            List<Plan.InboundPlan> inbounds, List<Plan.OutboundPlan> outbounds) {
        List<ManagementSocket> sockets = new ArrayList<>();
        Stream.concat(
                        inbounds.stream().map(Plan.InboundPlan::settings),
                        outbounds.stream().map(Plan.OutboundPlan::settings))
                .forEach(settings -> {
                    if (settings instanceof WireGuardSettings tunnel
                            && tunnel.management() != null) {
                        sockets.add(tunnel.management());
                    }
                });
        for (int i = 1; i < sockets.size(); i++) {
            ManagementSocket socket = sockets.get(i);
            if (sockets.subList(0, i).stream().anyMatch(socket::isSameAs)) {
                problems.error(
                        socket.place(),
                        "another tunnel has the name \"" + socket.name() + "\" already");
            }
        }
    }

    private void checkListeners(
            List<Plan.InboundPlan> inbounds, List<Plan.OutboundPlan> outbounds) {
        for (Plan.InboundPlan inbound : inbounds) {
            if (inbound.settings() instanceof TunnelListenInbound.Settings settings
                    && outbounds.stream()
                            .noneMatch(outbound ->
                                    outbound.tag().equals(settings.outboundTag())
                                            && (problems.hasErrors()
                                                    || outbound.settings()
                                                            instanceof WireGuardSettings))) {
                problems.error(
                        settings.tagPlace(),
                        "there is no wireguard outbound with the tag \""
                                + settings.outboundTag()
                                + "\"");
            }
        }
    }
}
