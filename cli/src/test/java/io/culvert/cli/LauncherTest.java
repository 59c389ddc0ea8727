package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The search for a JDK that both launchers share. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launchers are shell scripts")
class LauncherTest {
    private static final String FIND = System.getProperty("culvert.root") + "/.mvn/find-jdk.sh";

    @TempDir private Path directory;

    @Test
    void takesTheJdkThatTheEnvironmentNamesFirst() throws Exception {
        Path first = jdk("first", "JAVA_VERSION=\"25.0.3\"");
        Path second = jdk("second", "JAVA_VERSION=\"26\"");
        assertThat(find(Map.of("CULVERT_JAVA_HOME", first, "JAVA_HOME", second)).out())
                .isEqualTo(first + "\n");
        assertThat(find(Map.of("JAVA_HOME", second)).out()).isEqualTo(second + "\n");
    }

    @Test
    void passesOverWhatIsTooOldOrNoJdk() throws Exception {
        Path old = jdk("old", "JAVA_VERSION=\"17.0.9\"");
        Path runtimeOnly = jdk("jre", "JAVA_VERSION=\"25\"");
        Files.delete(runtimeOnly.resolve("bin/javac"));
        Path good = jdk(".jdks/good", "JAVA_VERSION=\"25-ea\"");
        Found found = find(Map.of("CULVERT_JAVA_HOME", old, "JAVA_HOME", runtimeOnly));
        assertThat(found.exitCode()).isZero();
        assertThat(found.out()).isNotEqualTo(old + "\n").isNotEqualTo(runtimeOnly + "\n");
        assertThat(found.err())
                .isEqualTo(
                        "CULVERT_JAVA_HOME="
                                + old
                                + " is not a JDK 25 or newer; looking elsewhere.\n");
        assertThat(good).exists();
    }

    @Test
    void asksAJdkWithoutReleaseFile() throws Exception {
        Path home = jdk("unmarked", "");
        Files.delete(home.resolve("release"));
        script(home.resolve("bin/java"), "echo 'openjdk version \"25.0.1\" 2025-10-21' >&2");
        assertThat(find(Map.of("JAVA_HOME", home)).out()).isEqualTo(home + "\n");
    }

    @Test
    void withoutAJdkSaysWhatWasLookedForAndEndsWithThree() throws Exception {
        Found found = run("required_java=999; find_jdk", Map.of());
        assertThat(found.exitCode()).isEqualTo(3);
        assertThat(found.out()).isEmpty();
        assertThat(found.err())
                .hasLineCount(1)
                .startsWith(
                        "Culvert needs a JDK 999 or newer and found none in CULVERT_JAVA_HOME, ")
                .contains("install one");
    }

    private record Found(int exitCode, String out, String err) {}

    private Found find(Map<String, Path> environment) throws Exception {
        return run("find_jdk; echo \"$JAVA_HOME\"", environment);
    }

    private Found run(String script, Map<String, Path> environment) throws Exception {
        Path out = directory.resolve("out.txt");
        Path err = directory.resolve("err.txt");
        ProcessBuilder shell = new ProcessBuilder("sh", "-eu", "-c", ". '" + FIND + "'; " + script);
        shell.environment().remove("CULVERT_JAVA_HOME");
        shell.environment().remove("JAVA_HOME");
        shell.environment().put("HOME", directory.toString());
        environment.forEach((name, home) -> shell.environment().put(name, home.toString()));
        Process process = shell.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Found(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private Path jdk(String name, String release) throws IOException {
        Path home = Files.createDirectories(directory.resolve(name));
        Files.createDirectories(home.resolve("bin"));
        script(home.resolve("bin/java"), "exit 1");
        script(home.resolve("bin/javac"), "exit 1");
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\n" + release + "\n");
        return home;
    }

    private static void script(Path file, String body) throws IOException {
        Files.write(file, ("#!/bin/sh\n" + body + "\n").getBytes(StandardCharsets.UTF_8));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
