package io.culvert.tunnel;

import io.culvert.crypto.ConstantTime;
import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import java.net.BindException;
import java.net.SocketException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One {@code set} operation. A line takes effect when it is read, and one that fails leaves those
 * before it in effect. Keys of the device come first; {@code public_key} begins a block of a peer's
 * keys. On the device's thread.
 */
final class UapiSet {
    private static final int MAX_PORT = 65535;
    private static final int MAX_KEEPALIVE = 65535;
    private static final long MAX_FWMARK = 0xffffffffL;

    private final Device device;
    private final UapiSocketSettings sockets;
    private final byte[] key = new byte[UapiLine.KEY_LENGTH];

    /** Whom the block is about; null before the first. */
    private @Nullable PublicKey blockKey;

    /**
     * Null while the block has asked for nothing yet that a peer is needed for, and once its lines
     * have no effect any more.
     */
    private @Nullable Peer peer;

    /** The block's lines are only checked. */
    private boolean idle;

    private boolean created;
    private boolean keepaliveBegins;

    UapiSet(Device device, UapiSocketSettings sockets) {
        this.device = device;
        this.sockets = sockets;
    }

    /**
     * Does what the line says.
     *
     * @throws UapiException if it is wrong or cannot be done; the operation ends with it
     */
    void line(UapiLine line, long now) throws UapiException {
        try {
            apply(line, now);
        } catch (UapiException e) {
            materialize(); // public_key, which was before it, stays in effect
            throw e;
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /** The operation ends without an error. */
    void end(long now) {
        endBlock(now);
    }

    private void apply(UapiLine line, long now) throws UapiException {
        String name = line.name();
        if (name.equals("public_key")) {
            line.key(key);
            endBlock(now);
            blockKey = PublicKey.of(key);
        } else if (blockKey == null) {
            deviceKey(name, line, now);
        } else {
            peerKey(name, line);
        }
    }

    private void deviceKey(String name, UapiLine line, long now) throws UapiException {
        switch (name) {
            case "private_key" -> privateKey(line, now);
            case "listen_port" -> listenPort((int) line.number(MAX_PORT));
            case "fwmark" -> fwmark((int) line.number(MAX_FWMARK));
            case "replace_peers" -> {
                requireTrue(line);
                device.peers().forEach(device::removePeer);
            }
            default -> throw unknown(name, "of a device");
        }
    }

    private void privateKey(UapiLine line, long now) throws UapiException {
        line.key(key);
        if (ConstantTime.isZero(key, 0, key.length)) {
            device.privateKey(null, now);
            return;
        }
        PrivateKey secret = PrivateKey.of(key);
        try {
            device.privateKey(secret, now);
        } finally {
            secret.destroy();
        }
    }

    private void listenPort(int port) throws UapiException {
        if (port != 0 && port == sockets.listenPort()) {
            return;
        }
        try {
            sockets.listenPort(port);
        } catch (BindException e) {
            String message = String.valueOf(e.getMessage());
            boolean privileged = message.contains("denied");
            throw new UapiException(
                    privileged ? UapiErrno.EACCES : UapiErrno.EADDRINUSE,
                    "listen_port " + port + ": " + message);
        }
    }

    private void fwmark(int mark) throws UapiException {
        try {
            sockets.fwmark(mark);
        } catch (SocketException e) {
            throw new UapiException(
                    UapiErrno.EPERM,
                    "fwmark " + Integer.toUnsignedString(mark) + ": " + e.getMessage());
        }
    }

    private void peerKey(String name, UapiLine line) throws UapiException {
        switch (name) {
            case "update_only" -> {
                requireTrue(line);
                updateOnly();
            }
            case "remove" -> {
                requireTrue(line);
                remove();
            }
            case "preshared_key" -> presharedKey(line);
            case "endpoint" -> endpoint(line);
            case "persistent_keepalive_interval" -> keepalive((int) line.number(MAX_KEEPALIVE));
            case "replace_allowed_ips" -> {
                requireTrue(line);
                Peer to = materialize();
                if (to != null) {
                    to.replaceAllowed(List.of());
                }
            }
            case "allowed_ip" -> allowedIp(line);
            case "protocol_version" -> {
                if (!line.valueIs("1")) {
                    throw UapiException.invalid("protocol_version can only be 1");
                }
                materialize();
            }
            default -> throw unknown(name, "of a peer");
        }
    }

    private void updateOnly() {
        if (peer != null && created) {
            device.removePeer(peer);
        }
        if (created || device.peer(blockKey()) == null) {
            idle();
        }
    }

    private void remove() {
        Peer known = device.peer(blockKey());
        if (known != null) {
            device.removePeer(known);
        }
        idle();
    }

    private void presharedKey(UapiLine line) throws UapiException {
        line.key(key);
        Peer to = materialize();
        if (to != null) {
            PresharedKey secret = PresharedKey.of(key);
            to.presharedKey(secret);
            secret.destroy();
        }
    }

    private void endpoint(UapiLine line) throws UapiException {
        try {
            var endpoint = AddressText.endpoint(line.value());
            Peer to = materialize();
            if (to != null) {
                to.endpoint(endpoint);
            }
        } catch (IllegalArgumentException e) {
            throw UapiException.invalid(String.valueOf(e.getMessage()));
        }
    }

    private void keepalive(int seconds) {
        Peer to = materialize();
        if (to != null) {
            keepaliveBegins |= to.persistentKeepaliveInterval(seconds);
        }
    }

    private void allowedIp(UapiLine line) throws UapiException {
        String text = line.value();
        boolean less = text.startsWith("-");
        if (text.indexOf('/') < 0) {
            throw UapiException.invalid("allowed_ip " + text + " has no prefix length");
        }
        try {
            Cidr prefix = Cidr.parse(less ? text.substring(1) : text);
            Peer to = materialize();
            if (to != null && less) {
                to.disallow(prefix);
            } else if (to != null) {
                to.allow(prefix);
            }
        } catch (IllegalArgumentException e) {
            throw UapiException.invalid("allowed_ip " + e.getMessage());
        }
    }

    /** The peer of the block, made if need be; null if the block has no effect. */
    private @Nullable Peer materialize() {
        if (peer == null && !idle && blockKey != null) {
            created = device.peer(blockKey) == null;
            peer = device.addPeer(blockKey);
        }
        return peer;
    }

    private void idle() {
        idle = true;
        peer = null;
    }

    private PublicKey blockKey() {
        if (blockKey == null) {
            throw new IllegalStateException("no block");
        }
        return blockKey;
    }

    private void endBlock(long now) {
        Peer done = materialize();
        if (done != null && keepaliveBegins && done.persistentKeepalive() != 0) {
            done.queueKeepalive(now);
        }
        blockKey = null;
        peer = null;
        idle = false;
        created = false;
        keepaliveBegins = false;
    }

    private static void requireTrue(UapiLine line) throws UapiException {
        if (!line.valueIs("true")) {
            throw UapiException.invalid(line.name() + " can only be true");
        }
    }

    private static UapiException unknown(String name, String whose) {
        return UapiException.invalid(
                (name.isEmpty() ? "a key" : name) + " is not known as a key " + whose);
    }
}
