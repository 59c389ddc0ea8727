/** Micro-benchmarks of the engines. */
@NullUnmarked
package io.culvert.bench;

import org.jspecify.annotations.NullUnmarked;
