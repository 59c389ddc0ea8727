package io.culvert.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class PathShapeTest {
    @Test
    void readsWhatItWrites() {
        for (String text : new String[] {"50/0.1/200/100", "20/0/-/100", "10/0/50/300"}) {
            assertThat(PathShape.parse(text)).hasToString(text);
        }
    }

    @Test
    void hasTheUnitsOfTheModel() {
        PathShape shape = PathShape.parse("50/0.1/200/100");
        assertThat(shape.oneWayNanos()).isEqualTo(25_000_000);
        assertThat(shape.lossProbability()).isEqualTo(0.001);
        assertThat(shape.nanosPerByte()).isEqualTo(40);
        assertThat(shape.queueNanos()).isEqualTo(100_000_000);
        assertThat(PathShape.parse("20/0/-/100").nanosPerByte()).isZero();
    }

    @Test
    void refusesOtherForms() {
        assertThatIllegalArgumentException().isThrownBy(() -> PathShape.parse("50/0.1/200"));
        assertThatIllegalArgumentException().isThrownBy(() -> PathShape.parse("50/0.1/fast/100"));
    }
}
