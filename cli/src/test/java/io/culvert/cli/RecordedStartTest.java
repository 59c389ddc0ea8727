package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The AOT cache that {@code ./culvert} makes once and starts from, with a JVM that isn't one. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class RecordedStartTest {
    private static final String RECORDS = "-XX:AOTCacheOutput=";
    private static final String USES = "-XX:AOTCache=";

    @TempDir private Path directory;
    private Path root;
    private Path jar;

    @BeforeEach
    void lookLikeABuiltCheckout() throws Exception {
        root = Files.createDirectories(directory.resolve("a checkout"));
        Path real = Path.of(System.getProperty("culvert.root"));
        Files.copy(real.resolve("culvert"), root.resolve("culvert"));
        Files.createDirectories(root.resolve(".mvn"));
        Files.copy(real.resolve(".mvn/find-jdk.sh"), root.resolve(".mvn/find-jdk.sh"));
        jar = root.resolve("cli/target/culvert/lib/culvert-cli.jar");
        Files.createDirectories(jar.getParent());
        builtAgo(Duration.ofHours(2));
        jdk("25.0.1", "echo recorded >\"${1#" + RECORDS + "}\"");
    }

    private void builtAgo(Duration time) throws IOException {
        Files.writeString(jar, "no jar");
        Files.setLastModifiedTime(jar, FileTime.from(Instant.now().minus(time)));
    }

    /** Writes down each command line; recording, its first option, does what is told. */
    private void jdk(String version, String record) throws IOException {
        Path home = directory.resolve("jdk");
        Files.createDirectories(home.resolve("bin"));
        String modules = "MODULES=\"java.base jdk.incubator.vector\"\n";
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n" + modules);
        script(
                home.resolve("bin/java"),
                "echo \"$*\" >>'"
                        + directory
                        + "/started'\ncase $1 in "
                        + RECORDS
                        + "*) echo noise; echo noise >&2; "
                        + record
                        + ";; esac");
        script(home.resolve("bin/javac"), "exit 1");
    }

    private static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** What it printed, both streams. */
    private String culvert(String... arguments) throws Exception {
        Path out = directory.resolve("out.txt");
        List<String> command =
                Stream.concat(Stream.of("sh", root + "/culvert"), Stream.of(arguments)).toList();
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("CULVERT_JAVA_HOME", directory.resolve("jdk").toString());
        builder.environment().remove("CULVERT_JAVA_OPTS");
        Process process = builder.redirectOutput(out.toFile()).start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        return Files.readString(out);
    }

    private List<String> started() throws IOException {
        return Files.readAllLines(directory.resolve("started"));
    }

    @Test
    void recordsOnceWithTheOptionsOfARun() throws Exception {
        assertThat(culvert("demo"))
                .isEqualTo("culvert: recording a run, once, for faster starts.\n");
        assertThat(culvert("demo")).isEmpty();
        assertThat(culvert("run", "-c", "x")).isEmpty();
        assertThat(started()).hasSize(4);
        assertThat(started().getFirst()).startsWith(RECORDS).endsWith("/io.culvert.cli.Rehearsal");
        assertThat(started().get(1)).startsWith(USES).endsWith(" demo");
        assertThat(started().get(2)).isEqualTo(started().get(1));
        assertThat(started().get(3)).startsWith(USES).endsWith(" run -c x");
        String cache = started().get(3).replaceFirst("^" + USES + "(.*?\\.aot) .*", "$1");
        assertThat(Path.of(cache)).hasContent("recorded");
        assertThat(
                        started()
                                .getFirst()
                                .replaceFirst(RECORDS + ".*?\\.aot\\.new ", "")
                                .replace("-Dculvert.crypto.vector=false ", "")
                                .replace("Rehearsal", ""))
                .isEqualTo(
                        started()
                                .get(3)
                                .replaceFirst(USES + ".*?\\.aot ", "")
                                .replace("Culvert run -c x", ""));
    }

    @Test
    void recordsAgainForOtherJarsAndAnotherJdk() throws Exception {
        culvert("demo");
        builtAgo(Duration.ofHours(-1));
        assertThat(culvert("demo")).contains("recording");
        builtAgo(Duration.ofHours(3));
        assertThat(culvert("demo")).isEmpty();
        jdk("25.0.2", "echo recorded >\"${1#" + RECORDS + "}\"");
        assertThat(culvert("demo")).contains("recording");
    }

    @Test
    void startsWithoutWhatCouldNotBeRecorded() throws Exception {
        jdk("25.0.1", "exit 1");
        assertThat(culvert("demo")).contains("recording");
        assertThat(culvert("run")).isEmpty();
        assertThat(started()).hasSize(3);
        assertThat(started().subList(1, 3)).noneMatch(line -> line.contains(USES));
    }

    @Test
    void aRunOfABuiltProgramDoesNotWaitForARecording() throws Exception {
        assertThat(culvert("run")).isEmpty();
        assertThat(started()).hasSize(1);
        assertThat(started().getFirst()).doesNotContain(RECORDS).doesNotContain(USES);
    }

    @Test
    void aCommandThatMovesNoPacketsHasNoUseForIt() throws Exception {
        culvert("version");
        assertThat(started().getLast()).endsWith(" version").doesNotContain(USES);
    }
}
