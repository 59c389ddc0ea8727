package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsRecordType;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the addresses of a name in a response (RFC 1035 section 4.1), through its aliases in
 * whatever order they stand (RFC 1034 section 3.6.2).
 */
final class DnsAnswerReader {
    private static final long MIN_TTL = 5;
    private static final long MAX_TTL = 3600;

    /** How long it is believed at most that a name has no address. */
    private static final long MAX_NEGATIVE_TTL = 300;

    /** Aliases of aliases that are followed; who needs more wants to keep us busy. */
    private static final int MAX_ALIASES = 16;

    /** More addresses of one name than anybody will try. */
    private static final int MAX_ADDRESSES = 128;

    private static final int RESPONSE = 0x8000;
    private static final int TRUNCATED = 0x0200;
    private static final int CODE = 0x000f;
    private static final int INTERNET = 1;

    private record Resource(String name, int type, long ttl, ByteBuf data) {}

    private final ByteBuf message;
    private final DnsQuery query;

    private DnsAnswerReader(ByteBuf message, DnsQuery query) {
        this.message = message;
        this.query = query;
    }

    /**
     * Reads a message, and leaves it to the caller.
     *
     * @return null if it is no response to that question with that number
     */
    static @Nullable DnsReply read(ByteBuf message, int id, DnsQuery query) {
        try {
            return new DnsAnswerReader(message.slice(), query).read(id);
        } catch (DecoderException | IndexOutOfBoundsException e) {
            return null;
        }
    }

    private @Nullable DnsReply read(int id) {
        int messageId = message.readUnsignedShort();
        int flags = message.readUnsignedShort();
        int questions = message.readUnsignedShort();
        int answers = message.readUnsignedShort();
        int authorities = message.readUnsignedShort();
        message.skipBytes(2);
        if (messageId != id || (flags & RESPONSE) == 0) {
            return null;
        }
        int code = flags & CODE;
        boolean truncated = (flags & TRUNCATED) != 0;
        DnsReply nothing = new DnsReply(code, truncated, List.of(), DnsReply.NEGATIVE_TTL);
        if (questions == 0 && !nothing.isAnswer()) {
            // Who couldn't read the question doesn't repeat it.
            return nothing;
        }
        if (questions != 1 || !isQuestion()) {
            return null;
        }
        if (truncated || !nothing.isAnswer()) {
            return nothing;
        }
        List<Resource> records = new ArrayList<>();
        for (int i = 0; i < answers; i++) {
            records.add(record());
        }
        List<InetAddress> addresses = new ArrayList<>();
        long ttl = addresses(records, addresses);
        return addresses.isEmpty()
                ? new DnsReply(code, false, List.of(), negativeTtl(authorities))
                : DnsReply.of(List.copyOf(addresses), Math.max(ttl, MIN_TTL));
    }

    private boolean isQuestion() {
        String name = name(message);
        int type = message.readUnsignedShort();
        int kind = message.readUnsignedShort();
        return name.equals(query.name()) && type == query.type().intValue() && kind == INTERNET;
    }

    private Resource record() {
        String name = name(message);
        int type = message.readUnsignedShort();
        int kind = message.readUnsignedShort();
        long ttl = Math.max(0, message.readInt());
        int length = message.readUnsignedShort();
        // Names in it may point to anywhere before.
        ByteBuf data = message.duplicate();
        message.skipBytes(length);
        data.writerIndex(message.readerIndex());
        return new Resource(name, kind == INTERNET ? type : -1, ttl, data);
    }

    private long addresses(List<Resource> records, List<InetAddress> addresses) {
        Map<String, Resource> aliases = new HashMap<>();
        for (Resource record : records) {
            if (record.type == DnsRecordType.CNAME.intValue()) {
                aliases.putIfAbsent(record.name, record);
            }
        }
        long ttl = MAX_TTL;
        Set<String> names = new LinkedHashSet<>();
        String name = query.name();
        while (names.size() <= MAX_ALIASES && names.add(name)) {
            Resource alias = aliases.get(name);
            if (alias != null) {
                ttl = Math.min(ttl, alias.ttl);
                name = name(alias.data);
            }
        }
        for (Resource record : records) {
            if (record.type == query.type().intValue()
                    && names.contains(record.name)
                    && addresses.size() < MAX_ADDRESSES) {
                addresses.add(address(record.data));
                ttl = Math.min(ttl, record.ttl);
            }
        }
        return ttl;
    }

    private InetAddress address(ByteBuf data) {
        int length = query.type().equals(DnsRecordType.A) ? 4 : 16;
        if (data.readableBytes() != length) {
            throw new CorruptedFrameException("an address of " + data.readableBytes() + " bytes");
        }
        byte[] bytes = new byte[length];
        data.readBytes(bytes);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + length + " bytes", e);
        }
    }

    /** By the zone's SOA record, RFC 2308 section 5. */
    private long negativeTtl(int authorities) {
        for (int i = 0; i < authorities; i++) {
            Resource record = record();
            if (record.type == DnsRecordType.SOA.intValue()) {
                ByteBuf data = record.data;
                name(data);
                name(data);
                data.skipBytes(4 * Integer.BYTES);
                long ttl = Math.min(record.ttl, data.readUnsignedInt());
                return Math.clamp(ttl, MIN_TTL, MAX_NEGATIVE_TTL);
            }
        }
        return DnsReply.NEGATIVE_TTL;
    }

    private static String name(ByteBuf at) {
        return DomainSet.canonical(DefaultDnsRecordDecoder.decodeName(at));
    }
}
