package io.culvert.proxy;

/** Why a call of the API fails; codes as gRPC numbers them. */
final class GrpcException extends Exception {
    private static final long serialVersionUID = 1;

    static final int OK = 0;
    static final int UNKNOWN = 2;
    static final int INVALID_ARGUMENT = 3;
    static final int NOT_FOUND = 5;
    static final int RESOURCE_EXHAUSTED = 8;
    static final int UNIMPLEMENTED = 12;
    static final int INTERNAL = 13;

    private final int code;

    GrpcException(int code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    int code() {
        return code;
    }
}
