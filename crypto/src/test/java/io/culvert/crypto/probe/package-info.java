/** Programs that tests start in a virtual machine of their own. */
@NullMarked
package io.culvert.crypto.probe;

import org.jspecify.annotations.NullMarked;
