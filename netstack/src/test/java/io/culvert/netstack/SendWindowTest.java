package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 9293, 3.10.7.4: which of two offers is the newer one. */
class SendWindowTest {
    private final SendWindow window = new SendWindow();

    @BeforeEach
    void first() {
        assertThat(window.update(1000, 500, 100, 100)).isTrue();
        assertThat(window.size()).isEqualTo(1000);
    }

    @Test
    void aLaterSegmentsOfferIsTakenAndTheLargestIsRemembered() {
        assertThat(window.update(400, 501, 100, 100)).isTrue();
        assertThat(window.size()).isEqualTo(400);
        assertThat(window.largest()).isEqualTo(1000);
        assertThat(window.update(1001, 502, 100, 100)).isTrue();
        assertThat(window.largest()).isEqualTo(1001);
    }

    @Test
    void anEarlierSegmentsOfferIsNot() {
        assertThat(window.update(2000, 499, 100, 100)).isFalse();
        assertThat(window.update(2000, 499, 101, 101)).isFalse();
        assertThat(window.size()).isEqualTo(1000);
        assertThat(window.largest()).isEqualTo(1000);
    }

    @Test
    void ofTheSameSequenceTheLaterAcknowledgmentCountsAndTheSameCountsAgain() {
        assertThat(window.update(2000, 500, 99, 100)).isFalse();
        assertThat(window.update(2000, 500, 100, 100)).isTrue();
        assertThat(window.size()).isEqualTo(2000);
        assertThat(window.update(3000, 500, 101, 101)).isTrue();
        assertThat(window.update(4000, 500, 100, 101)).as("older than the last").isFalse();
        assertThat(window.size()).isEqualTo(3000);
    }

    @Test
    void whatAcknowledgesSomethingNewIsNewInAnyCase() {
        assertThat(window.update(2000, 499, 101, 100)).isTrue();
        assertThat(window.size()).isEqualTo(2000);
        assertThat(window.update(3000, 499, 100, 101)).as("it set the measure").isFalse();
    }

    /** A repetition has a low sequence number; what it overtook has a higher one, but is older. */
    @Test
    void whatARepetitionOvertookIsOld() {
        assertThat(window.update(300, 400, 200, 100)).isTrue();
        assertThat(window.update(1000, 500, 150, 200)).isFalse();
        assertThat(window.size()).isEqualTo(300);
    }
}
