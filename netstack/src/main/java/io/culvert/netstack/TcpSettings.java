package io.culvert.netstack;

import java.util.function.LongFunction;

/** Numbers of TCP that a driver may set. Immutable; the defaults suit a tunnel. */
public final class TcpSettings {
    private static final long SECOND = 1_000_000_000L;

    static final TcpSettings DEFAULT = builder().build();

    private final Builder values;

    private TcpSettings(Builder values) {
        this.values = values;
    }

    public static Builder builder() {
        return new Builder();
    }

    long receiveBuffer() {
        return values.receiveBuffer;
    }

    long maxReceiveBuffer() {
        return values.maxReceiveBuffer;
    }

    long maxSendBuffer() {
        return values.maxSendBuffer;
    }

    int synRetries() {
        return values.synRetries;
    }

    int synAckRetries() {
        return values.synAckRetries;
    }

    int retries() {
        return values.retries;
    }

    int orphanRetries() {
        return values.orphanRetries;
    }

    long timeWait() {
        return values.timeWait;
    }

    long finWait2() {
        return values.finWait2;
    }

    int backlog() {
        return values.backlog;
    }

    int pending() {
        return values.pending;
    }

    int pendingPerSource() {
        return values.pendingPerSource;
    }

    int pendingPerDestination() {
        return values.pendingPerDestination;
    }

    int connectionsPerSource() {
        return values.connectionsPerSource;
    }

    int timeWaits() {
        return values.timeWaits;
    }

    int mssClamp() {
        return values.mssClamp;
    }

    /**
     * A new connection's congestion control.
     *
     * @param seed of whatever it does at random
     */
    CongestionControl newCongestionControl(long seed) {
        return values.congestionControl.apply(seed);
    }

    /** Collects the settings; {@link #build} checks them. */
    public static final class Builder {
        private long receiveBuffer = ReceiveWindow.INITIAL;
        private long maxReceiveBuffer = ReceiveWindow.MAXIMUM;
        private long maxSendBuffer = 16L << 20;
        private int synRetries = 6;
        private int synAckRetries = 5;
        private int retries = 15;
        private int orphanRetries = 8;
        private long timeWait = 60 * SECOND;
        private long finWait2 = 60 * SECOND;
        private int backlog = 4096;
        private int pending = 65536;
        private int pendingPerSource = 65536 * 2 / 3;
        private int pendingPerDestination = 64;
        private int connectionsPerSource = 65536;
        private int timeWaits = 65536;
        private int mssClamp = 0;
        private LongFunction<CongestionControl> congestionControl = CongestionAlgorithm.BBR::create;

        private Builder() {}

        private Builder(Builder other) {
            receiveBuffer = other.receiveBuffer;
            maxReceiveBuffer = other.maxReceiveBuffer;
            maxSendBuffer = other.maxSendBuffer;
            synRetries = other.synRetries;
            synAckRetries = other.synAckRetries;
            retries = other.retries;
            orphanRetries = other.orphanRetries;
            timeWait = other.timeWait;
            finWait2 = other.finWait2;
            backlog = other.backlog;
            pending = other.pending;
            pendingPerSource = other.pendingPerSource;
            pendingPerDestination = other.pendingPerDestination;
            connectionsPerSource = other.connectionsPerSource;
            timeWaits = other.timeWaits;
            mssClamp = other.mssClamp;
            congestionControl = other.congestionControl;
        }

        /** Receive buffer of a new connection, bytes. Default: 128 KiB. */
        public Builder receiveBuffer(long value) {
            receiveBuffer = value;
            return this;
        }

        /** To what it may grow on proof, bytes. Default: 16 MiB. */
        public Builder maxReceiveBuffer(long value) {
            maxReceiveBuffer = value;
            return this;
        }

        /** Unacknowledged and unsent bytes of one connection at most. Default: 16 MiB. */
        public Builder maxSendBuffer(long value) {
            maxSendBuffer = value;
            return this;
        }

        /** Retransmissions of a SYN before a dial fails; 6, the default, is 127 s. */
        public Builder synRetries(int value) {
            synRetries = value;
            return this;
        }

        /** Retransmissions of a SYN-ACK; 5, the default, is 63 s. */
        public Builder synAckRetries(int value) {
            synAckRetries = value;
            return this;
        }

        /** Retransmissions without answer before a connection ends (R2). Default: 15. */
        public Builder retries(int value) {
            retries = value;
            return this;
        }

        /** The same once the application closed it. Default: 8. */
        public Builder orphanRetries(int value) {
            orphanRetries = value;
            return this;
        }

        /**
         * How long the addresses of a closed connection rest (2 MSL), nanoseconds. Default: 60 s.
         */
        public Builder timeWait(long value) {
            timeWait = value;
            return this;
        }

        /** How long a closed connection waits for the peer's FIN, nanoseconds. Default: 60 s. */
        public Builder finWait2(long value) {
            finWait2 = value;
            return this;
        }

        /** Half-open connections of one listener at most. Default: 4096. */
        public Builder backlog(int value) {
            backlog = value;
            return this;
        }

        /** Requests parked for a forwarder at most. Default: 65536. */
        public Builder pending(int value) {
            pending = value;
            return this;
        }

        /**
         * Of those, from one peer of the link or, where peers aren't known, from one address.
         * Default: two thirds.
         */
        public Builder pendingPerSource(int value) {
            pendingPerSource = value;
            return this;
        }

        /** Of those, from one client address to one destination address. Default: 64. */
        public Builder pendingPerDestination(int value) {
            pendingPerDestination = value;
            return this;
        }

        /**
         * Forwarded connections and parked requests of one peer or, where peers aren't known, of
         * one address at most; what is beyond is dropped as if it were lost. Default: 65536.
         */
        public Builder connectionsPerSource(int value) {
            connectionsPerSource = value;
            return this;
        }

        /** Closed connections remembered at most. Default: 65536. */
        public Builder timeWaits(int value) {
            timeWaits = value;
            return this;
        }

        /** Largest MSS announced and used; 0, the default: what the MTU gives. */
        public Builder mssClamp(int value) {
            mssClamp = value;
            return this;
        }

        /** Default: {@link CongestionAlgorithm#BBR}. */
        public Builder congestionControl(CongestionAlgorithm value) {
            return congestionControl(value::create);
        }

        /** Any other, made from the seed of its connection: for comparisons in tests. */
        Builder congestionControl(LongFunction<CongestionControl> factory) {
            congestionControl = factory;
            return this;
        }

        /**
         * Checks and freezes the settings.
         *
         * @throws IllegalArgumentException with the offending value
         */
        public TcpSettings build() {
            require("receiveBuffer", receiveBuffer, 4096, 1073741824);
            require("maxReceiveBuffer", maxReceiveBuffer, 4096, 1073741824);
            require("maxSendBuffer", maxSendBuffer, 4096, 1073741824);
            require("synRetries", synRetries, 0, 15);
            require("synAckRetries", synAckRetries, 0, 15);
            require("retries", retries, 1, 100);
            require("orphanRetries", orphanRetries, 1, 100);
            require("timeWait", timeWait, 0, Long.MAX_VALUE);
            require("finWait2", finWait2, 0, Long.MAX_VALUE);
            require("backlog", backlog, 1, Integer.MAX_VALUE);
            require("pending", pending, 1, Integer.MAX_VALUE);
            require("pendingPerSource", pendingPerSource, 1, Integer.MAX_VALUE);
            require("pendingPerDestination", pendingPerDestination, 1, Integer.MAX_VALUE);
            require("connectionsPerSource", connectionsPerSource, 1, Integer.MAX_VALUE);
            require("timeWaits", timeWaits, 1, Integer.MAX_VALUE);
            require("mssClamp", mssClamp, 0, 65535);
            if (maxReceiveBuffer < receiveBuffer) {
                throw new IllegalArgumentException(
                        "maxReceiveBuffer "
                                + maxReceiveBuffer
                                + " is below receiveBuffer "
                                + receiveBuffer);
            }
            return new TcpSettings(new Builder(this));
        }

        private static void require(String name, long value, long least, long most) {
            if (value < least || value > most) {
                throw new IllegalArgumentException(name + " is out of range: " + value);
            }
        }
    }
}
