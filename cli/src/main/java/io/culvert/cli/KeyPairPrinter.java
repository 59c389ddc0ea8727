package io.culvert.cli;

import io.culvert.wireguard.PrivateKey;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Prints a key pair as Xray's key commands do, for scripts that read their lines. */
final class KeyPairPrinter {
    private static final int KEY_BYTES = 32;

    private KeyPairPrinter() {}

    /**
     * Three lines: the private key clamped, the public key, and its BLAKE3.
     *
     * @param given the private key in that encoding; null = a new one
     * @param standard base64 with padding, as WireGuard has it; otherwise base64url without
     */
    static int print(@Nullable String given, boolean standard, CommandLine command) {
        PrivateKey key =
                given == null ? PrivateKey.generate(new SystemEntropy()) : read(given, standard);
        if (key == null) {
            command.getErr()
                    .println(
                            "-i holds no private key: "
                                    + (standard
                                            ? "44 characters of base64, the last one ="
                                            : "43 characters of base64url, without ="));
            return ExitCode.BAD_INPUT;
        }
        Base64.Encoder encoder =
                standard ? Base64.getEncoder() : Base64.getUrlEncoder().withoutPadding();
        byte[] point = key.publicKey().bytes();
        var out = command.getOut();
        out.println("PrivateKey: " + encoder.encodeToString(key.bytes()));
        out.println("Password (PublicKey): " + encoder.encodeToString(point));
        out.println("Hash32: " + encoder.encodeToString(Blake3.hash(point)));
        key.destroy();
        return ExitCode.OK;
    }

    private static @Nullable PrivateKey read(String text, boolean standard) {
        try {
            if (text.endsWith("=") != standard) {
                return null;
            }
            byte[] key = (standard ? Base64.getDecoder() : Base64.getUrlDecoder()).decode(text);
            return key.length == KEY_BYTES ? PrivateKey.of(key) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
