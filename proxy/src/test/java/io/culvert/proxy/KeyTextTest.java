package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTextTest {
    private static final byte[] KEY =
            HexFormat.of()
                    .parseHex("fbff00112233445566778899aabbccddeeff00112233445566778899aabbccff");

    @Test
    void readsHex() {
        assertThat(KeyText.parse(HexFormat.of().formatHex(KEY))).isEqualTo(KEY);
        assertThat(KeyText.parse(HexFormat.of().withUpperCase().formatHex(KEY))).isEqualTo(KEY);
    }

    @Test
    void readsBase64WithAndWithoutPadding() {
        assertThat(KeyText.parse(Base64.getEncoder().encodeToString(KEY))).isEqualTo(KEY);
        assertThat(KeyText.parse(Base64.getEncoder().withoutPadding().encodeToString(KEY)))
                .isEqualTo(KEY);
    }

    @Test
    void readsUrlSafeBase64WithAndWithoutPadding() {
        assertThat(KeyText.parse(Base64.getUrlEncoder().encodeToString(KEY))).isEqualTo(KEY);
        assertThat(KeyText.parse(Base64.getUrlEncoder().withoutPadding().encodeToString(KEY)))
                .isEqualTo(KEY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "short",
                " MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtBw=",
                "MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtBw=\n",
                "MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtB-=",
                "MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtBw==",
                "MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtA=="
            })
    void refusesEverythingElse(String text) {
        assertThat(KeyText.parse(text)).isNull();
    }
}
