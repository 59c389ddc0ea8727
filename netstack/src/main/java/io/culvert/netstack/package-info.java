/** TCP/IP as a pure engine: no thread, socket, clock or logger; output is pulled. */
@NullMarked
package io.culvert.netstack;

import org.jspecify.annotations.NullMarked;
