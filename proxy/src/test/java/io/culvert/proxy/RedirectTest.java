package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedirectTest {
    private static final Destination ASKED = Destination.of(Network.TCP, "10.1.2.3", 80);

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:8080, tcp:127.0.0.1:8080",
        "':8080', tcp:10.1.2.3:8080",
        "example.org:0, tcp:example.org:80",
        "'[::1]:443', tcp:[::1]:443"
    })
    void leadsWhatWasAskedForElsewhere(String text, String expected) {
        Redirect redirect = Objects.requireNonNull(Redirect.parse(text));

        assertThat(redirect.apply(ASKED)).hasToString(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", ":0", ":", "host:70000", "::1:80", "a b:80"})
    void refusesWhatIsNoDestination(String text) {
        assertThat(Redirect.parse(text)).isNull();
    }

    @Test
    void keepsTheNetwork() {
        Redirect redirect = new Redirect("127.0.0.1", 53);

        assertThat(redirect.apply(Destination.of(Network.UDP, "10.1.2.3", 5353)))
                .isEqualTo(Destination.of(Network.UDP, "127.0.0.1", 53));
    }
}
