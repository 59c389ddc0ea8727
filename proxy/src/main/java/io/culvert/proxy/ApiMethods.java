package io.culvert.proxy;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Which of Xray's gRPC services there are, under the names that a file's {@code api} uses. */
final class ApiMethods {

    /** What {@code services} may hold. */
    static final List<String> KNOWN =
            List.of(
                    "StatsService",
                    "HandlerService",
                    "RoutingService",
                    "LoggerService",
                    "ReflectionService");

    private ApiMethods() {}

    /** The methods of the services with these names, in lower case. */
    static GrpcMethods of(Set<String> services, Proxy proxy) {
        GrpcMethods methods = new GrpcMethods();
        for (String name : KNOWN) {
            if (services.contains(name.toLowerCase(Locale.ROOT))) {
                switch (name) {
                    case "StatsService" -> new StatsApi(proxy).addTo(methods);
                    case "HandlerService" -> new HandlerApi(proxy).addTo(methods);
                    case "RoutingService" -> new RoutingApi(proxy).addTo(methods);
                    case "LoggerService" ->
                            methods.add(
                                    "xray.app.log.command.LoggerService",
                                    "RestartLogger",
                                    request -> new ProtoWriter());
                    default -> ReflectionApi.addTo(methods);
                }
            }
        }
        return methods;
    }
}
