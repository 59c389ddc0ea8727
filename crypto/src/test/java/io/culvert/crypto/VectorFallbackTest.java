package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.crypto.probe.SealProbe;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The choice of implementation, in virtual machines started with and without what it needs. */
class VectorFallbackTest {

    private static final String MAIN = SealProbe.class.getName();

    @Test
    void withoutTheVectorModuleScalarsDoTheWorkOnTheClassPath() throws Exception {
        assertThat(run("-cp", classes(ChaCha20Poly1305.class, SealProbe.class), MAIN))
                .containsExactly("scalar", expectedTag());
    }

    @Test
    void withoutTheVectorModuleScalarsDoTheWorkOnTheModulePath() throws Exception {
        assertThat(
                        run(
                                "-p",
                                classes(ChaCha20Poly1305.class),
                                "--add-modules=io.culvert.crypto",
                                "-cp",
                                classes(SealProbe.class),
                                MAIN))
                .containsExactly("scalar", expectedTag());
    }

    @Test
    void aWidthAskedForInVainBreaksNothing() throws Exception {
        assertThat(
                        run(
                                "-Dculvert.crypto.vector=256",
                                "-cp",
                                classes(ChaCha20Poly1305.class, SealProbe.class),
                                MAIN))
                .containsExactly("scalar", expectedTag());
    }

    @Test
    void propertyForcesScalars() throws Exception {
        assertThat(
                        run(
                                "--add-modules=jdk.incubator.vector",
                                "-Dculvert.crypto.vector=false",
                                "-cp",
                                classes(ChaCha20Poly1305.class, SealProbe.class),
                                MAIN))
                .contains("scalar", expectedTag());
    }

    @Test
    void propertyForcesAWidthOnTheModulePath() throws Exception {
        assertThat(
                        run(
                                "--add-modules=jdk.incubator.vector,io.culvert.crypto",
                                "-Dculvert.crypto.vector=128",
                                "-p",
                                classes(ChaCha20Poly1305.class),
                                "-cp",
                                classes(SealProbe.class),
                                MAIN))
                .contains("vector-128", expectedTag());
    }

    @Test
    void theModuleComesLateAndUnannouncedWhereTheWayIsOpen() throws Exception {
        assertThat(runLate("-Dculvert.crypto.vector=128"))
                .containsExactly("vector-128", expectedTag());
    }

    /** Without them vectors are a thousand times slower than scalars. */
    @Test
    void theJitKnowsVectorsThatCameLate() throws Exception {
        assertThat(runLate("-Dculvert.crypto.vector=128", "-Xlog:compilation"))
                .anyMatch(line -> line.endsWith("EnableVectorSupport=true"));
    }

    @Test
    void theModuleStaysAwayWhereScalarsAreForced() throws Exception {
        assertThat(runLate("-Dculvert.crypto.vector=false", "-Xlog:compilation"))
                .contains("scalar", expectedTag())
                .noneMatch(line -> line.contains("EnableVectorSupport"));
    }

    private static List<String> runLate(String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(options));
        arguments.add("--add-exports=java.base/jdk.internal.module=io.culvert.crypto");
        arguments.add("--add-modules=io.culvert.crypto");
        arguments.addAll(List.of("-p", classes(ChaCha20Poly1305.class)));
        arguments.addAll(List.of("-cp", classes(SealProbe.class), MAIN));
        return run(arguments.toArray(String[]::new));
    }

    private static String expectedTag() {
        byte[] memory = new byte[1000 + ChaCha20Poly1305.TAG_LENGTH];
        new ChaCha20Poly1305(new AeadEngines(new ScalarAeadEngine()))
                .seal(new AeadKey(new byte[32], 0), 1, MemorySegment.ofArray(memory), 0, 1000);
        return Hex.string(memory).substring(2000);
    }

    private static List<String> run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:+UseSerialGC");
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }

    private static String classes(Class<?>... of) throws URISyntaxException {
        List<String> paths = new ArrayList<>();
        for (Class<?> type : of) {
            paths.add(
                    Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                            .toString());
        }
        return String.join(System.getProperty("path.separator"), paths);
    }
}
