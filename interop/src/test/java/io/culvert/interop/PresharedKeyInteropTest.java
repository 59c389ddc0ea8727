package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The additional key that both ends have to have, or no session comes about. */
@Execution(ExecutionMode.CONCURRENT)
class PresharedKeyInteropTest {
    private static final int INITIATION_LENGTH = 148;
    private static final int RESPONSE_LENGTH = 92;

    private static String preshared(Lab lab) {
        return Namespace.command(lab.directory, "wg", "genpsk").strip();
    }

    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRoleAndProgram")
    void theSameKeyOnBothEndsWorks(Pair.Role role, Path program) {
        try (Lab lab = Lab.with(program)) {
            String key = preshared(lab);
            Pair pair = new Pair(lab, role, Pair.Options.PLAIN.preshared(key, key));

            assertThat(pair.hello(10)).isEqualTo(new Namespace.Result(0, Origin.HELLO));
            assertThat(pair.culvert.text()).doesNotContain(key);
        }
    }

    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRoleAndProgram")
    void anotherKeyGivesNoSessionAndLetsNothingOut(Pair.Role role, Path program) {
        try (Lab lab = Lab.with(program)) {
            String ours = preshared(lab);
            Pair pair = new Pair(lab, role, Pair.Options.PLAIN.preshared(preshared(lab), ours));
            assertNoSession(pair);
            assertThat(pair.culvert.text()).doesNotContain(ours, "Exception");
        }
    }

    @ParameterizedTest
    @MethodSource("io.culvert.interop.Pair#everyRole")
    void aKeyOnOneEndOnlyGivesNoSession(Pair.Role role, Path program) {
        try (Lab lab = Lab.with(program)) {
            assertNoSession(new Pair(lab, role, Pair.Options.PLAIN.preshared(preshared(lab), "")));
        }
    }

    private static void assertNoSession(Pair pair) {
        Namespace.Result curl = pair.hello(6);

        // 28: curl's own limit ran out; nobody answered, and nothing pretended to.
        assertThat(curl.exit()).as(curl.text()).isEqualTo(28);
        assertThat(pair.handshakes()).isZero();
        assertThat(pair.goHost().wgShow("latest-handshakes")).isEqualTo("0");
        String[] bytes = pair.goHost().wgShow("transfer").split("\t", -1);
        long fromCulvert = Long.parseLong(bytes[0]);
        long toCulvert = Long.parseLong(bytes[1]);
        assertThat(toCulvert).isPositive();
        if (pair.role == Pair.Role.OUTBOUND) {
            assertThat(fromCulvert).as("only initiations").isPositive();
            assertThat(fromCulvert % INITIATION_LENGTH).as("only initiations").isZero();
            assertThat(toCulvert % RESPONSE_LENGTH).as("only responses").isZero();
        } else {
            assertThat(fromCulvert).as("nothing authentic").isZero();
            assertThat(toCulvert % INITIATION_LENGTH).as("only initiations").isZero();
        }
    }
}
