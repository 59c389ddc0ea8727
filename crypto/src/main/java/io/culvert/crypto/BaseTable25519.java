package io.culvert.crypto;

import java.util.HexFormat;

/**
 * Makes a table of multiples of the base point of edwards25519 (RFC 7748, section 4.1), which
 * corresponds to u = 9: row i has 1 to 8 times 256^i times that point, each as y + x, y - x and
 * 2dxy in affine coordinates. Everything in it is public.
 */
final class BaseTable25519 {

    static final int ROWS = 32;
    static final int ENTRIES = 8;

    /** Longs of an entry: y + x, y - x, 2dxy. */
    static final int ENTRY_LENGTH = 3 * Field25519.LIMBS;

    static final int ROW_LENGTH = ENTRIES * ENTRY_LENGTH;

    /** X(P) and Y(P) of RFC 7748, section 4.1. */
    private static final String BASE_X =
            "216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a";

    private static final String BASE_Y =
            "6666666666666666666666666666666666666666666666666666666666666658";

    /** The d of RFC 7748, section 4.1. */
    private static final String D =
            "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";

    private final long[] table = new long[ROWS * ROW_LENGTH];
    private final EdwardsPoint25519 point = new EdwardsPoint25519();
    private final long[][] xs = new long[ENTRIES][Field25519.LIMBS];
    private final long[][] ys = new long[ENTRIES][Field25519.LIMBS];
    private final long[][] zs = new long[ENTRIES][Field25519.LIMBS];
    private final long[] yPlusX = new long[Field25519.LIMBS];
    private final long[] yMinusX = new long[Field25519.LIMBS];
    private final long[] xy2d = new long[Field25519.LIMBS];
    private final long[] d = number(D);
    private final FieldInverter25519 inverter = new FieldInverter25519(ENTRIES);
    private final byte[] canonical = new byte[X25519.KEY_LENGTH];

    private BaseTable25519() {}

    /** The rows one after the other; a few milliseconds of work. */
    static long[] make() {
        BaseTable25519 maker = new BaseTable25519();
        maker.point.set(number(BASE_X), number(BASE_Y));
        for (int row = 0; row < ROWS; row++) {
            maker.makeRow(row * ROW_LENGTH);
        }
        return maker.table;
    }

    /** Starts with the point of this row and ends with that of the next. */
    private void makeRow(int at) {
        keep(0);
        makeAffine(1);
        point.set(xs[0], ys[0]);
        toSummand(0);
        for (int entry = 1; entry < ENTRIES; entry++) {
            point.add(yPlusX, yMinusX, xy2d);
            keep(entry);
        }
        makeAffine(ENTRIES);
        for (int entry = 0; entry < ENTRIES; entry++) {
            toSummand(entry);
            int entryAt = at + entry * ENTRY_LENGTH;
            System.arraycopy(yPlusX, 0, table, entryAt, Field25519.LIMBS);
            System.arraycopy(yMinusX, 0, table, entryAt + Field25519.LIMBS, Field25519.LIMBS);
            System.arraycopy(xy2d, 0, table, entryAt + 2 * Field25519.LIMBS, Field25519.LIMBS);
        }
        point.twice(5);
    }

    private void keep(int entry) {
        System.arraycopy(point.x, 0, xs[entry], 0, Field25519.LIMBS);
        System.arraycopy(point.y, 0, ys[entry], 0, Field25519.LIMBS);
        System.arraycopy(point.z, 0, zs[entry], 0, Field25519.LIMBS);
    }

    private void makeAffine(int count) {
        inverter.invert(zs, count);
        for (int entry = 0; entry < count; entry++) {
            Field25519.multiply(xs[entry], xs[entry], zs[entry]);
            Field25519.multiply(ys[entry], ys[entry], zs[entry]);
            Field25519.setOne(zs[entry]);
        }
    }

    private void toSummand(int entry) {
        Field25519.add(yPlusX, ys[entry], xs[entry]);
        Field25519.subtract(yMinusX, ys[entry], xs[entry]);
        Field25519.multiply(xy2d, xs[entry], ys[entry]);
        Field25519.multiply(xy2d, xy2d, d);
        Field25519.multiplySmall(xy2d, xy2d, 2);
        normalize(yPlusX);
        normalize(yMinusX);
        normalize(xy2d);
    }

    /** Brings a loose number to limbs below 2^51. */
    private void normalize(long[] number) {
        Field25519.multiplySmall(number, number, 1);
        Field25519.encode(canonical, 0, number);
        Field25519.decode(number, canonical, 0);
    }

    /** A number in hexadecimal digits as the RFC has it, the highest first. */
    private static long[] number(String digits) {
        byte[] bytes = HexFormat.of().parseHex(digits);
        for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
            byte high = bytes[i];
            bytes[i] = bytes[j];
            bytes[j] = high;
        }
        long[] number = new long[Field25519.LIMBS];
        Field25519.decode(number, bytes, 0);
        return number;
    }
}
