package io.culvert.interop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes small geosite.dat and geoip.dat files, in the schema of v2ray's geo data. */
final class GeoFile {
    private static final int SUBDOMAINS = 2;

    private final ByteArrayOutputStream lists = new ByteArrayOutputStream();

    /** A list of domains, each with those below it. */
    GeoFile sites(String code, String... domains) {
        ByteArrayOutputStream list = list(code);
        for (String domain : domains) {
            ByteArrayOutputStream entry = new ByteArrayOutputStream();
            number(entry, 1, SUBDOMAINS);
            bytes(entry, 2, domain.getBytes(StandardCharsets.US_ASCII));
            bytes(list, 2, entry.toByteArray());
        }
        bytes(lists, 1, list.toByteArray());
        return this;
    }

    /** A list of prefixes. */
    GeoFile addresses(String code, String... prefixes) {
        ByteArrayOutputStream list = list(code);
        for (String prefix : prefixes) {
            int slash = prefix.indexOf('/');
            ByteArrayOutputStream entry = new ByteArrayOutputStream();
            bytes(entry, 1, InetAddress.ofLiteral(prefix.substring(0, slash)).getAddress());
            number(entry, 2, Integer.parseInt(prefix.substring(slash + 1)));
            bytes(list, 2, entry.toByteArray());
        }
        bytes(lists, 1, list.toByteArray());
        return this;
    }

    void write(Path file) {
        try {
            Files.write(file, lists.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ByteArrayOutputStream list(String code) {
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        bytes(list, 1, code.getBytes(StandardCharsets.US_ASCII));
        return list;
    }

    private static void number(ByteArrayOutputStream out, int field, int value) {
        varint(out, field << 3);
        varint(out, value);
    }

    private static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
        varint(out, field << 3 | 2);
        varint(out, value.length);
        out.writeBytes(value);
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest > 0x7f) {
            out.write((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }
}
