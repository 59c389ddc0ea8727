/** Tests against programs that we did not write, in network namespaces. */
@NullMarked
package io.culvert.interop;

import org.jspecify.annotations.NullMarked;
