package io.culvert.proxy;

import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Reads {@code api} and {@code metrics}: services that are outbounds to rules, as files of panels
 * have it, and that listen for themselves where {@code listen} says so.
 */
final class ServiceReader {
    private final Problems problems;

    ServiceReader(Problems problems) {
        this.problems = problems;
    }

    /**
     * Adds what the file asks for.
     *
     * @param tags of all outbounds
     */
    void read(
            ConfigNode file,
            Set<String> tags,
            List<Plan.InboundPlan> inbounds,
            List<Plan.OutboundPlan> outbounds) {
        for (ServiceSettings.Kind kind : ServiceSettings.Kind.values()) {
            ConfigNode node = file.member(kind.key());
            if (node.isAbsent()) {
                continue;
            }
            ConfigNode service = node.object(problems);
            ServiceSettings settings =
                    new ServiceSettings(
                            kind,
                            kind == ServiceSettings.Kind.API
                                    ? services(service.member("services"))
                                    : Set.of());
            String tag = service.member("tag").string(problems, "");
            ConfigNode listen = service.member("listen");
            if (tag.isEmpty() && listen.isAbsent()) {
                problems.error(node, "needs a tag for rules, or listen, such as 127.0.0.1:8080");
            }
            if (!tag.isEmpty() && tags.add(tag)) {
                outbounds.add(new Plan.OutboundPlan(tag, settings).with(Fingerprint.of(service)));
            }
            if (!listen.string(problems, "").isEmpty()) {
                listener(listen, settings, Fingerprint.of(service), inbounds);
            }
        }
    }

    private void listener(
            ConfigNode listen,
            ServiceSettings settings,
            Fingerprint fingerprint,
            List<Plan.InboundPlan> inbounds) {
        String text = listen.string(problems, "");
        HostPort at = HostPort.parse(text);
        InetAddress address = at == null ? null : Destination.literal(at.host());
        if (at == null || address == null) {
            problems.error(
                    listen,
                    "must be an IP address and a port, such as 127.0.0.1:8080, not \""
                            + text
                            + "\"");
            return;
        }
        if (!address.isLoopbackAddress()) {
            problems.warning(
                    listen,
                    "is not this machine's alone, and nobody is asked for a password: whoever reaches it"
                            + (settings.kind() == ServiceSettings.Kind.API
                                    ? " may change everything"
                                    : " sees all counters"));
        }
        inbounds.add(
                new Plan.InboundPlan(
                        new InboundSpec(
                                "",
                                settings.kind().key(),
                                address,
                                List.of(at.port()),
                                listen.place(),
                                Sniffing.OFF,
                                0,
                                false,
                                SocketSettings.NONE),
                        settings,
                        fingerprint));
    }

    private Set<String> services(ConfigNode node) {
        Set<String> names = new HashSet<>();
        for (ConfigNode element : node.texts(problems)) {
            String name = element.string(problems, "").toLowerCase(Locale.ROOT);
            if (ApiMethods.KNOWN.stream().noneMatch(name::equalsIgnoreCase)) {
                problems.warning(
                        element,
                        "is no service that Culvert has: they are "
                                + String.join(", ", ApiMethods.KNOWN));
            }
            names.add(name);
        }
        return names;
    }
}
