/**
 * A seeded virtual network in virtual time.
 *
 * <p>A {@link io.culvert.simnet.SimWorld} has a {@link io.culvert.simnet.Scheduler}, which is its
 * time, and a {@link io.culvert.simnet.VirtualNetwork}, whose {@link io.culvert.simnet.Link}s lose,
 * delay, reorder, repeat and spoil datagrams as their {@link io.culvert.simnet.LinkProfile} says.
 * On it live {@link io.culvert.simnet.SimHost}s, each with an engine that is driven as in
 * production; {@link io.culvert.simnet.SimPair} makes a client and a server. {@link
 * io.culvert.simnet.SimTransfer} and {@link io.culvert.simnet.SimUdpClient} are applications that
 * check every byte, {@link io.culvert.simnet.WireGuardCheck} and {@link
 * io.culvert.simnet.TcpWireCheck} look at every datagram, and {@link io.culvert.simnet.Seeds} runs
 * it all for many seeds, or for one with a trace.
 *
 * <p>A {@link io.culvert.simnet.LifeWorld} has bare WireGuard devices on such a network: {@link
 * io.culvert.simnet.Life} lets them live for hours, and a {@link io.culvert.simnet.DeviceModel} of
 * each, which knows only what goes in and comes out, judges them at every event.
 *
 * <p>All that happens is a function of the seed: nothing here knows real time, and every random
 * number comes from a {@link io.culvert.simnet.SeededRandom} of the one who draws it.
 */
@NullMarked
package io.culvert.simnet;

import org.jspecify.annotations.NullMarked;
