package io.culvert.wireguard;

import java.util.HexFormat;
import java.util.List;

/** Encodings of the points of Curve25519 whose order divides 8, canonical and not. */
final class LowOrderPoints {
    static final List<String> HEX =
            List.of(
                    "0000000000000000000000000000000000000000000000000000000000000000",
                    "0100000000000000000000000000000000000000000000000000000000000000",
                    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");

    private LowOrderPoints() {}

    static PublicKey key(String hex) {
        return PublicKey.of(HexFormat.of().parseHex(hex));
    }
}
