/** Inbounds, outbounds and the dispatcher between them. */
@NullMarked
package io.culvert.proxy;

import org.jspecify.annotations.NullMarked;
