/**
 * The WireGuard protocol as a pure state machine: no thread, socket, clock or logger. {@link
 * io.culvert.wireguard.Device} is the way in.
 *
 * <p>Where to look: messages are {@code *Message} and {@code Macs}; the handshake is {@code
 * NoiseIkPsk2} on {@code SymmetricState}, driven by {@code HandshakeSender} and {@code
 * HandshakeReceiver}; sessions are {@code Keypair} in {@code Keypairs} with a {@code ReplayWindow};
 * packets pass {@code TransportSender} and {@code TransportReceiver}; who may speak and where
 * packets go is {@code AllowedIps}; when something happens by itself is {@code PeerTimers}; what
 * waits to leave is {@code StagedPackets} of a peer and {@code OutputQueue} of the device; load and
 * cookies are {@code CookieChecker}, {@code CookieJar} and {@code RateLimiter}. All numbers are in
 * {@code Constants}.
 *
 * <p>Packets leave marks in {@code PeerActivity}, and {@code Batch} moves timers and endpoints once
 * per peer for all of them.
 */
@NullMarked
package io.culvert.wireguard;

import org.jspecify.annotations.NullMarked;
