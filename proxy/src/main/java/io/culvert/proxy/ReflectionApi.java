package io.culvert.proxy;

/**
 * What services there are, by gRPC's server reflection. What their messages look like is not told:
 * clients of Xray's API bring its descriptions along.
 */
final class ReflectionApi {
    private static final int LIST_SERVICES = 7;

    private ReflectionApi() {}

    static void addTo(GrpcMethods methods) {
        for (String version : new String[] {"v1", "v1alpha"}) {
            methods.add(
                    "grpc.reflection." + version + ".ServerReflection",
                    "ServerReflectionInfo",
                    request -> answer(request, methods));
        }
    }

    private static ProtoWriter answer(ProtoFields request, GrpcMethods methods) {
        ProtoWriter answer = new ProtoWriter().text(1, request.text(1));
        if (request.has(LIST_SERVICES)) {
            ProtoWriter list = new ProtoWriter();
            methods.services().forEach(name -> list.message(1, new ProtoWriter().text(1, name)));
            return answer.message(6, list);
        }
        return answer.message(
                7,
                new ProtoWriter()
                        .number(1, GrpcException.UNIMPLEMENTED)
                        .text(2, "descriptions are not served: use those of Xray"));
    }
}
