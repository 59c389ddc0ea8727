/** A seeded virtual network in virtual time. */
@NullMarked
package io.culvert.simnet;

import org.jspecify.annotations.NullMarked;
