package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResolverFileTest {
    @TempDir Path directory;
    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = directory.resolve("resolv.conf");
        Files.writeString(file, "nameserver 192.0.2.1\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }

    private ResolverFile of(String name) {
        return new ResolverFile(file, directory.resolve(name + ".resolv"), name);
    }

    @Test
    void nameServersTakeTheFilesPlaceAndItComesBack() throws IOException {
        of("wg0").set(List.of("10.0.0.1", "fd00::1"), List.of("corp.example"));
        assertThat(Files.readAllLines(file))
                .contains("nameserver 10.0.0.1", "nameserver fd00::1", "search corp.example")
                .doesNotContain("nameserver 192.0.2.1");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r-----");
        of("wg0").restore();
        assertThat(file).hasContent("nameserver 192.0.2.1\n");
        try (var left = Files.list(directory)) {
            assertThat(left).containsExactly(file);
        }
    }

    @Test
    void linkComesBackAsLinkAndWhereItLedStaysAsItWas() throws IOException {
        Path target = directory.resolve("stub");
        Files.move(file, target);
        Files.createSymbolicLink(file, Path.of("stub"));
        of("wg0").set(List.of("10.0.0.1"), List.of());
        assertThat(target).hasContent("nameserver 192.0.2.1\n");
        of("wg0").restore();
        assertThat(Files.readSymbolicLink(file)).isEqualTo(Path.of("stub"));
    }

    @Test
    void fileThatWasNotThereIsNotThereAgain() throws IOException {
        Files.delete(file);
        of("wg0").set(List.of("10.0.0.1"), List.of());
        assertThat(file).exists();
        of("wg0").restore();
        assertThat(file).doesNotExist();
    }

    @Test
    void whatSomebodyElseWroteMeanwhileStays() throws IOException {
        of("wg0").set(List.of("10.0.0.1"), List.of());
        Files.writeString(file, "nameserver 198.51.100.1\n");
        of("wg0").restore();
        assertThat(file).hasContent("nameserver 198.51.100.1\n");
    }

    @Test
    void twoTunnelsMayEndInAnyOrder() throws IOException {
        of("wg0").set(List.of("10.0.0.1"), List.of());
        of("wg1").set(List.of("10.0.1.1"), List.of());
        of("wg0").restore();
        assertThat(file).content().contains("10.0.1.1");
        of("wg1").restore();
        assertThat(file).hasContent("nameserver 192.0.2.1\n");
    }

    @Test
    void restoringTwiceOrNothingIsFine() throws IOException {
        of("wg0").restore();
        of("wg0").set(List.of("10.0.0.1"), List.of());
        of("wg0").restore();
        of("wg0").restore();
        assertThat(file).hasContent("nameserver 192.0.2.1\n");
    }
}
