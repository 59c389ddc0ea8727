package io.culvert.tunnel;

import io.culvert.netstack.TcpConnection;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Options of a {@link TunnelTcpChannel}: those of every channel, {@link
 * ChannelOption#ALLOW_HALF_CLOSURE}, {@link ChannelOption#SO_LINGER} (0: close resets), {@link
 * ChannelOption#SO_KEEPALIVE} and {@link ChannelOption#TCP_NODELAY}.
 */
final class TunnelTcpChannelConfig extends DefaultChannelConfig {
    /** What keepalive does once it is on: RFC 9293 section 3.8.4 leaves it to us. */
    private static final long KEEPALIVE_IDLE = TimeUnit.SECONDS.toNanos(60);

    private static final long KEEPALIVE_INTERVAL = TimeUnit.SECONDS.toNanos(30);
    private static final int KEEPALIVE_PROBES = 9;

    private final TunnelTcpChannel tcp;
    private volatile boolean allowHalfClosure;
    private volatile int linger = -1;
    private volatile boolean keepAlive;
    private volatile boolean noDelay = true;

    TunnelTcpChannelConfig(TunnelTcpChannel tcp) {
        super(tcp);
        this.tcp = tcp;
    }

    boolean allowHalfClosure() {
        return allowHalfClosure;
    }

    boolean closeResets() {
        return linger == 0;
    }

    /** Forwarded connections have keepalive on: their client may be gone without a word. */
    void keepAliveByDefault() {
        keepAlive = true;
    }

    /** Takes the settings to a connection. Event loop only. */
    void apply(TcpConnection connection) {
        connection.noDelay(noDelay);
        if (keepAlive) {
            connection.keepAlive(KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_PROBES);
        } else {
            connection.keepAlive(0, 0, 0);
        }
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(
                super.getOptions(),
                ChannelOption.ALLOW_HALF_CLOSURE,
                ChannelOption.SO_LINGER,
                ChannelOption.SO_KEEPALIVE,
                ChannelOption.TCP_NODELAY);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> option) {
        if (option.equals(ChannelOption.ALLOW_HALF_CLOSURE)) {
            return (T) Boolean.valueOf(allowHalfClosure);
        }
        if (option.equals(ChannelOption.SO_LINGER)) {
            return (T) Integer.valueOf(linger);
        }
        if (option.equals(ChannelOption.SO_KEEPALIVE)) {
            return (T) Boolean.valueOf(keepAlive);
        }
        if (option.equals(ChannelOption.TCP_NODELAY)) {
            return (T) Boolean.valueOf(noDelay);
        }
        return super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option.equals(ChannelOption.ALLOW_HALF_CLOSURE)) {
            allowHalfClosure = (Boolean) value;
        } else if (option.equals(ChannelOption.SO_LINGER)) {
            linger = (Integer) value;
        } else if (option.equals(ChannelOption.SO_KEEPALIVE)) {
            keepAlive = (Boolean) value;
            tcp.applyOptions();
        } else if (option.equals(ChannelOption.TCP_NODELAY)) {
            noDelay = (Boolean) value;
            tcp.applyOptions();
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    @Override
    protected void autoReadCleared() {
        tcp.stopReading();
    }
}
