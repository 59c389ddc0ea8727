/** Micro-benchmarks of the engines. */
@NullMarked
package io.culvert.bench;

import org.jspecify.annotations.NullMarked;
