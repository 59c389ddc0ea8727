package io.culvert.proxy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code xray.app.stats.command.StatsService}: counters, and who is there. */
final class StatsApi {
    private static final String SERVICE = "xray.app.stats.command.StatsService";
    private static final String USER = "user>>>";
    private static final String ONLINE = ">>>online";

    private final Proxy proxy;

    StatsApi(Proxy proxy) {
        this.proxy = proxy;
    }

    void addTo(GrpcMethods methods) {
        methods.add(SERVICE, "GetStats", this::getStats);
        methods.add(SERVICE, "QueryStats", this::queryStats);
        methods.add(SERVICE, "GetSysStats", request -> sysStats());
        methods.add(SERVICE, "GetStatsOnline", this::online);
        methods.add(SERVICE, "GetStatsOnlineIpList", this::onlineAddresses);
        methods.add(SERVICE, "GetAllOnlineUsers", request -> onlineUsers());
        methods.add(SERVICE, "GetUsersStats", this::usersStats);
    }

    private ProtoWriter getStats(ProtoFields request) throws GrpcException {
        String name = request.text(1);
        Long value = proxy.statistics().get(name, request.bool(2));
        if (value == null) {
            throw notFound(name);
        }
        return new ProtoWriter().message(1, stat(name, value));
    }

    private ProtoWriter queryStats(ProtoFields request) {
        ProtoWriter answer = new ProtoWriter();
        proxy.statistics()
                .query(request.text(1), request.bool(2))
                .forEach((name, value) -> answer.message(1, stat(name, value)));
        return answer;
    }

    private static ProtoWriter stat(String name, long value) {
        return new ProtoWriter().text(1, name).number(2, value);
    }

    private ProtoWriter online(ProtoFields request) throws GrpcException {
        String name = request.text(1);
        return new ProtoWriter().message(1, stat(name, addresses(name).size()));
    }

    private ProtoWriter onlineAddresses(ProtoFields request) throws GrpcException {
        String name = request.text(1);
        ProtoWriter answer = new ProtoWriter().text(1, name);
        addresses(name).forEach((address, seconds) -> answer.message(2, stat(address, seconds)));
        return answer;
    }

    /** Names have the form {@code user>>>NAME>>>online}. */
    private Map<String, Long> addresses(String name) throws GrpcException {
        boolean isUser = name.startsWith(USER) && name.endsWith(ONLINE);
        Map<String, Long> addresses =
                isUser
                        ? proxy.statistics()
                                .online(
                                        name.substring(
                                                USER.length(), name.length() - ONLINE.length()))
                        : null;
        if (addresses == null) {
            throw notFound(name);
        }
        return addresses;
    }

    private ProtoWriter onlineUsers() {
        List<String> names = new ArrayList<>();
        proxy.statistics().onlineUsers().forEach(user -> names.add(USER + user + ONLINE));
        return new ProtoWriter().texts(1, names);
    }

    private ProtoWriter usersStats(ProtoFields request) {
        Statistics statistics = proxy.statistics();
        Map<String, Long> counters =
                request.bool(1) ? statistics.query(USER, request.bool(2)) : Map.of();
        ProtoWriter answer = new ProtoWriter();
        for (String user : statistics.onlineUsers()) {
            ProtoWriter one = new ProtoWriter().text(1, user);
            Map<String, Long> addresses = statistics.online(user);
            if (addresses != null) {
                addresses.forEach((address, seconds) -> one.message(2, stat(address, seconds)));
            }
            if (request.bool(1)) {
                String prefix = USER + user + ">>>traffic>>>";
                one.message(
                        3,
                        new ProtoWriter()
                                .number(1, counters.getOrDefault(prefix + "uplink", 0L))
                                .number(2, counters.getOrDefault(prefix + "downlink", 0L)));
            }
            answer.message(1, one);
        }
        return answer;
    }

    /** Fields are named after Go's runtime; those that the JVM has no like of stay 0. */
    private static ProtoWriter sysStats() {
        Runtime runtime = Runtime.getRuntime();
        Instant now = Instant.now();
        Instant begin = ProcessHandle.current().info().startInstant().orElse(now);
        return new ProtoWriter()
                .number(1, Thread.activeCount())
                .number(3, runtime.totalMemory() - runtime.freeMemory())
                .number(5, runtime.totalMemory())
                .number(10, Math.max(0, Duration.between(begin, now).toSeconds()));
    }

    private static GrpcException notFound(String name) {
        return new GrpcException(GrpcException.NOT_FOUND, name + " not found.");
    }
}
