package io.culvert.proxy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Makes geosite and geoip files, in the schema that v2ray's geo data is published in. */
final class GeoData {
    static final int KEYWORD = 0;
    static final int REGEX = 1;
    static final int DOMAIN = 2;
    static final int FULL = 3;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** Appends a field of a length and bytes. */
    GeoData bytes(int field, byte[] value) {
        varint((long) field << 3 | 2);
        varint(value.length);
        out.writeBytes(value);
        return this;
    }

    GeoData text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    GeoData number(int field, long value) {
        varint((long) field << 3);
        varint(value);
        return this;
    }

    /** Appends a list: the code and its entries. */
    GeoData list(String code, byte[]... entries) {
        GeoData list = new GeoData().text(1, code);
        for (byte[] entry : entries) {
            list.bytes(2, entry);
        }
        return bytes(1, list.toByteArray());
    }

    static byte[] domain(int type, String value, String... attributes) {
        GeoData domain = new GeoData();
        if (type != KEYWORD) {
            domain.number(1, type);
        }
        domain.text(2, value);
        for (String attribute : attributes) {
            domain.bytes(3, new GeoData().text(1, attribute).number(2, 1).toByteArray());
        }
        return domain.toByteArray();
    }

    static byte[] prefix(int length, int... address) {
        byte[] bytes = new byte[address.length];
        for (int i = 0; i < address.length; i++) {
            bytes[i] = (byte) address[i];
        }
        return new GeoData().bytes(1, bytes).number(2, length).toByteArray();
    }

    byte[] toByteArray() {
        return out.toByteArray();
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
