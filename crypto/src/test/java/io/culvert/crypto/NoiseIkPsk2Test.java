package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The primitives together, in WireGuard's handshake pattern, against transcripts of other Noise
 * implementations.
 */
class NoiseIkPsk2Test {

    private record Message(String payloadHex, String ciphertext) {
        byte[] payload() {
            return Hex.bytes(payloadHex);
        }
    }

    /** haskell-cryptography/cacophony. */
    @ParameterizedTest
    @EnumSource
    void followsTheTranscriptOfCacophony(AeadImplementation implementation) {
        List<Object> tests =
                VectorFile.list(VectorFile.json("cacophony-IKpsk2-ChaChaPoly-BLAKE2s.json"));
        assertThat(tests).hasSize(1);
        Map<String, Object> test = VectorFile.map(tests.get(0));
        List<Message> messages = new ArrayList<>();
        for (Object message : VectorFile.list(test.get("messages"))) {
            Map<String, Object> map = VectorFile.map(message);
            messages.add(message(string(map, "payload"), string(map, "ciphertext")));
        }
        String psk = (String) VectorFile.list(test.get("init_psks")).get(0);
        byte[] hash =
                follow(
                        implementation,
                        string(test, "init_prologue"),
                        psk,
                        string(test, "init_static"),
                        string(test, "resp_static"),
                        string(test, "init_ephemeral"),
                        string(test, "resp_ephemeral"),
                        messages);
        assertThat(Hex.string(hash)).isEqualTo(string(test, "handshake_hash"));
    }

    /** flynn/noise. */
    @ParameterizedTest
    @EnumSource
    void followsTheTranscriptsOfFlynnNoise(AeadImplementation implementation) {
        List<Map<String, String>> tests =
                VectorFile.sections("flynn-IKpsk2-ChaChaPoly-BLAKE2s.txt", '=');
        assertThat(tests).hasSize(4);
        for (Map<String, String> test : tests) {
            List<Message> messages = new ArrayList<>();
            for (int i = 0; test.containsKey("msg_" + i + "_payload"); i++) {
                messages.add(
                        message(
                                test.getOrDefault("msg_" + i + "_payload", ""),
                                test.getOrDefault("msg_" + i + "_ciphertext", "")));
            }
            follow(
                    implementation,
                    test.getOrDefault("prologue", ""),
                    test.getOrDefault("preshared_key", ""),
                    test.getOrDefault("init_static", ""),
                    test.getOrDefault("resp_static", ""),
                    test.getOrDefault("gen_init_ephemeral", ""),
                    test.getOrDefault("gen_resp_ephemeral", ""),
                    messages);
        }
    }

    /**
     * The transcript of flynn/noise with prologue and payloads, so that one is followed without any
     * file.
     */
    @ParameterizedTest
    @EnumSource
    void followsAnEmbeddedTranscript(AeadImplementation implementation) {
        follow(
                implementation,
                "6e6f74736563726574",
                "2176657279736563726574766572797365637265747665727973656372657421",
                Hex.string(Hex.sequence(0, 32)),
                Hex.string(Hex.sequence(1, 32)),
                Hex.string(Hex.sequence(0x20, 32)),
                Hex.string(Hex.sequence(0x41, 32)),
                List.of(
                        message(
                                "746573745f6d73675f30",
                                "358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254"
                                        + "d06f15f78ad0914d9715147bb5a5004b27345a838bab4aa8bc5f144afc2cf4cc"
                                        + "b88f9ea1ebd99e94b76e50af7eee0e596a3d77b86f9aa87dcfe61d972bc6f34d"
                                        + "0e93751d1260fa6bf0fe"),
                        message(
                                "746573745f6d73675f31",
                                "64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d48466"
                                        + "168e6913e78d7a2b04b2b154c5149032d1c2584051bdcf04db1d"),
                        message(
                                "79656c6c6f777375626d6172696e65",
                                "6013ea114b4c4884afb82bf029f72f924bd8a32c487a15a1cef4855ba234be"),
                        message(
                                "7375626d6172696e6579656c6c6f77",
                                "8a2e7119635e41a35b7e64e0adac5483b66b1a9827895124ea07d58440b654")));
    }

    private static byte[] follow(
            AeadImplementation implementation,
            String prologue,
            String psk,
            String initiatorStatic,
            String responderStatic,
            String initiatorEphemeral,
            String responderEphemeral,
            List<Message> messages) {
        byte[] responderPublic = new byte[X25519.KEY_LENGTH];
        new X25519().publicKey(responderPublic, 0, Hex.bytes(responderStatic), 0);
        NoiseIkPsk2 initiator =
                new NoiseIkPsk2(
                        implementation.aead(),
                        true,
                        Hex.bytes(prologue),
                        Hex.bytes(psk),
                        Hex.bytes(initiatorStatic),
                        Hex.bytes(initiatorEphemeral),
                        responderPublic);
        NoiseIkPsk2 responder =
                new NoiseIkPsk2(
                        implementation.aead(),
                        false,
                        Hex.bytes(prologue),
                        Hex.bytes(psk),
                        Hex.bytes(responderStatic),
                        Hex.bytes(responderEphemeral),
                        new byte[0]);

        Message first = messages.get(0);
        byte[] initiation = initiator.writeInitiation(first.payload());
        assertThat(Hex.string(initiation)).isEqualTo(first.ciphertext());
        assertThat(responder.readInitiation(initiation)).isEqualTo(first.payload());
        Message second = messages.get(1);
        byte[] response = responder.writeResponse(second.payload());
        assertThat(Hex.string(response)).isEqualTo(second.ciphertext());
        assertThat(initiator.readResponse(response)).isEqualTo(second.payload());
        assertThat(initiator.hash()).isEqualTo(responder.hash());

        for (int i = 2; i < messages.size(); i++) {
            Message message = messages.get(i);
            NoiseIkPsk2 sender = i % 2 == 0 ? initiator : responder;
            NoiseIkPsk2 receiver = i % 2 == 0 ? responder : initiator;
            byte[] sealed = sender.writeTransport(message.payload());
            assertThat(Hex.string(sealed)).as("message %d", i).isEqualTo(message.ciphertext());
            assertThat(receiver.readTransport(sealed)).isEqualTo(message.payload());
        }
        return initiator.hash();
    }

    private static Message message(String payload, String ciphertext) {
        return new Message(payload, ciphertext);
    }

    private static String string(Map<String, Object> map, String key) {
        return VectorFile.string(map, key);
    }
}
