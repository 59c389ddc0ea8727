/** One tunnel on one event loop, and the public library API. */
@NullMarked
package io.culvert.tunnel;

import org.jspecify.annotations.NullMarked;
