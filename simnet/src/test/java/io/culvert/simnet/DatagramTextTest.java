package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class DatagramTextTest {
    private static String text(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        return DatagramText.of(bytes, bytes.length);
    }

    @Test
    void namesWireGuardMessages() {
        assertThat(text("01000000 78563412" + "00".repeat(140)))
                .isEqualTo("initiation from 12345678");
        assertThat(text("02000000 01000000 02000000" + "00".repeat(80)))
                .isEqualTo("response from 00000001 to 00000002");
        assertThat(text("04000000 02000000 0500000000000000" + "00".repeat(16)))
                .isEqualTo("keepalive to 00000002 counter 5");
        assertThat(text("04000000 02000000 0600000000000000" + "00".repeat(32)))
                .isEqualTo("data to 00000002 counter 6");
    }

    @Test
    void tellsATcpSegmentWithItsOptions() {
        String ip = "45000034 00000000 40060000 0a4d0002 0a4d0001";
        String tcp = "9c40 01bb 00000064 000000c8 8010 ffff 0000 0000 0101 080a 00000001 00000002";
        assertThat(text(ip + tcp))
                .isEqualTo(
                        "tcp 10.77.0.2:40000 > 10.77.0.1:443 A seq 100 len 0 ack 200 win 65535 ts 1:2");
    }

    @Test
    void readsNoFurtherThanTheDatagram() {
        String syn =
                "4500003c 00000000 40060000 0a4d0002 0a4d0001 9c40 01bb 00000064 00000000 a002 ffff 0000 0000 0204";
        byte[] bytes =
                HexFormat.of()
                        .parseHex(
                                (syn + "05b4 0402 080a 0000 0001 0000 0000 0103 0307")
                                        .replace(" ", ""));
        for (int length = 0; length <= bytes.length; length++) {
            assertThat(DatagramText.of(bytes, length)).isNotEmpty();
        }
    }
}
