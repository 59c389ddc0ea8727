package io.culvert.proxy;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What can be called, by {@code /package.Service/Method}. */
final class GrpcMethods {

    /** A method: a message in, a message out. Called on the API's own thread, never on a loop. */
    interface Method {
        ProtoWriter call(ProtoFields request) throws GrpcException;
    }

    private final Map<String, Method> methods = new HashMap<>();

    /**
     * Adds a method.
     *
     * @param service with its package
     */
    void add(String service, String name, Method method) {
        methods.put("/" + service + "/" + name, method);
    }

    /** The method of that path, or null. */
    @Nullable Method find(String path) {
        Method method = methods.get(path);
        // Older clients know Xray's services by V2Ray's names.
        return method == null && path.startsWith("/v2ray.core.")
                ? methods.get("/xray." + path.substring("/v2ray.core.".length()))
                : method;
    }

    /** The names of all services, sorted. */
    Iterable<String> services() {
        TreeSet<String> names = new TreeSet<>();
        methods.keySet().forEach(path -> names.add(path.substring(1, path.lastIndexOf('/'))));
        return names;
    }

    /**
     * Calls a method.
     *
     * @throws GrpcException with the code for the client
     */
    static byte[] call(Method method, byte[] request) throws GrpcException {
        try {
            return method.call(ProtoFields.of(ByteBuffer.wrap(request))).toBytes();
        } catch (IllegalArgumentException e) {
            throw new GrpcException(
                    GrpcException.INVALID_ARGUMENT, "malformed request: " + e.getMessage());
        } catch (RuntimeException e) {
            Log.unexpected("api", e);
            throw new GrpcException(GrpcException.INTERNAL, "failed unexpectedly");
        }
    }
}
