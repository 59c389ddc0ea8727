package io.culvert.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What must never be: the walls between the modules, and what the engines own nothing of. */
class HouseTest {
    private static final JavaClasses HOUSE =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages("io.culvert");

    private static final String[] ENGINES = {
        "io.culvert.crypto", "io.culvert.wireguard", "io.culvert.netstack"
    };

    /** Values that name a peer; the protocol itself is not in them. */
    private static final List<String> WIREGUARD_VALUES =
            List.of(
                    "io.culvert.wireguard.Cidr",
                    "io.culvert.wireguard.Entropy",
                    "io.culvert.wireguard.PresharedKey",
                    "io.culvert.wireguard.PrivateKey",
                    "io.culvert.wireguard.PublicKey");

    /** The answer to a SYN that the dispatcher could not connect: part of the tunnel's own API. */
    private static final List<String> NETSTACK_VALUES =
            List.of("io.culvert.netstack.Refusal", "io.culvert.netstack.CongestionAlgorithm");

    @Test
    void importsEveryModuleBelowThisOne() {
        for (String module : List.of("crypto", "wireguard", "netstack", "tunnel", "proxy", "cli")) {
            assertThat(HOUSE.stream().map(JavaClass::getPackageName))
                    .as("classes of %s on the class path of this test", module)
                    .contains("io.culvert." + module);
        }
    }

    @Test
    void cryptoDependsOnTheJdkAlone() {
        onlyDepend("io.culvert.crypto", List.of("jdk.incubator.vector"), List.of());
    }

    @Test
    void wireguardDependsOnCryptoAlone() {
        onlyDepend("io.culvert.wireguard", List.of("io.culvert.crypto"), List.of());
    }

    @Test
    void netstackDependsOnTheJdkAlone() {
        onlyDepend("io.culvert.netstack", List.of(), List.of());
    }

    @Test
    void tunnelKnowsNothingAboveIt() {
        onlyDepend(
                "io.culvert.tunnel",
                List.of(
                        "io.culvert.crypto",
                        "io.culvert.wireguard",
                        "io.culvert.netstack",
                        "io.netty..",
                        "javax.net"),
                List.of());
    }

    @Test
    void proxyDoesNotKnowPackets() {
        onlyDepend(
                "io.culvert.proxy",
                // QUIC's Initial packets and probes by https take the JDK's own cryptography.
                List.of("io.culvert.tunnel", "io.netty..", "javax.crypto..", "javax.net.ssl"),
                concat(WIREGUARD_VALUES, NETSTACK_VALUES));
    }

    @Test
    void cliDoesNotKnowProtocols() {
        onlyDepend(
                "io.culvert.cli",
                List.of(
                        "io.culvert.proxy",
                        "picocli..",
                        "tools.jackson.core..",
                        "org.snakeyaml.engine..",
                        "org.tomlj..",
                        "com.sun.net.httpserver"),
                WIREGUARD_VALUES);
    }

    @Test
    void enginesOwnNoThreadSocketOrLogger() {
        noClasses()
                .that()
                .resideInAnyPackage(ENGINES)
                .should()
                .dependOnClassesThat(
                        named(
                                        Thread.class,
                                        ThreadLocal.class,
                                        Runtime.class,
                                        System.Logger.class,
                                        java.net.Socket.class,
                                        java.net.ServerSocket.class,
                                        java.net.DatagramSocket.class,
                                        java.util.Timer.class)
                                .or(
                                        resideInAnyPackage(
                                                "java.nio.channels..",
                                                "java.nio.file..",
                                                "java.util.logging..")))
                .because("threads, sockets and logs belong to the tunnel")
                .check(HOUSE);
    }

    @Test
    void enginesOwnNoClockAndNoRandomSource() {
        noClasses()
                .that()
                .resideInAnyPackage(ENGINES)
                .should()
                .dependOnClassesThat(
                        named(
                                java.time.Clock.class,
                                java.util.Random.class,
                                java.util.SplittableRandom.class,
                                java.security.SecureRandom.class,
                                java.util.UUID.class))
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .orShould()
                .callMethod(Math.class, "random")
                .because("time and randomness come in as arguments, so that a seed repeats a run")
                .check(HOUSE);
    }

    @Test
    void enginesAreOfOneThread() {
        noClasses()
                .that()
                .resideInAnyPackage(ENGINES)
                .and(
                        areNot(
                                "io.culvert.netstack.Chunk",
                                "io.culvert.netstack.ChunkPool",
                                "io.culvert.netstack.SendBudget"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.util.concurrent..")
                .because(
                        "only memory crosses threads: chunks may be released on any, and stacks may"
                                + " share a budget")
                .check(HOUSE);
        noClasses()
                .that()
                .resideInAnyPackage(ENGINES)
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("java.util.concurrent", "java.util.concurrent.locks"))
                .because("an engine never waits")
                .check(HOUSE);
    }

    @Test
    void noClassIsADrawerForEverything() {
        noClasses()
                .should()
                .haveNameMatching(".*(Util|Utils|Helper|Helpers|Common)(\\$.*)?")
                .because("a reader finds behaviour by the file's name")
                .check(HOUSE);
    }

    private static void onlyDepend(String module, List<String> packages, List<String> single) {
        DescribedPredicate<JavaClass> allowed =
                resideInAnyPackage("java..", "org.jspecify..", module + "..")
                        .or(resideInAnyPackage(packages.toArray(String[]::new)))
                        .or(oneOf(Set.copyOf(single)));
        classes()
                .that()
                .resideInAPackage(module + "..")
                .should()
                .onlyDependOnClassesThat(allowed)
                .check(HOUSE);
    }

    private static DescribedPredicate<JavaClass> named(Class<?>... types) {
        Set<String> names = Arrays.stream(types).map(Class::getName).collect(Collectors.toSet());
        return DescribedPredicate.describe("one of " + names, c -> names.contains(c.getName()));
    }

    private static DescribedPredicate<JavaClass> oneOf(Set<String> names) {
        return DescribedPredicate.describe(
                "one of " + names, c -> names.contains(outermost(c).getName()));
    }

    private static DescribedPredicate<JavaClass> areNot(String... names) {
        return DescribedPredicate.not(oneOf(Set.of(names)));
    }

    private static JavaClass outermost(JavaClass c) {
        return c.getEnclosingClass().map(HouseTest::outermost).orElse(c);
    }

    private static List<String> concat(List<String> a, List<String> b) {
        return Stream.concat(a.stream(), b.stream()).toList();
    }
}
