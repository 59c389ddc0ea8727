/**
 * Measurements: of the engines ({@code …Benchmark}, JMH), of the product under load ({@link
 * io.culvert.bench.Load}), of idle peers ({@link io.culvert.bench.Peers}), and of its TCP over
 * emulated paths ({@link io.culvert.bench.Paths}; the path is {@link
 * io.culvert.bench.PathEmulator}). Each compares with something else in the same run.
 */
@NullUnmarked
package io.culvert.bench;

import org.jspecify.annotations.NullUnmarked;
