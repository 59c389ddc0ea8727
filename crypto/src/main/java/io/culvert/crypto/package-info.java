/** The primitives WireGuard needs, in place on memory and without allocation. */
@NullMarked
package io.culvert.crypto;

import org.jspecify.annotations.NullMarked;
