/** The WireGuard protocol as a pure state machine: no thread, socket, clock or logger. */
@NullMarked
package io.culvert.wireguard;

import org.jspecify.annotations.NullMarked;
