package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the addresses of a name in a response, through its aliases (RFC 1034 section 3.6.2). */
final class DnsAnswerReader {
    private static final long MIN_TTL = 5;
    private static final long MAX_TTL = 3600;

    /** How long it is remembered that a name has no address. */
    private static final long NEGATIVE_TTL = 10;

    private final String name;
    private final DnsRecordType type;

    /**
     * A reader of answers to one question.
     *
     * @param name lower case, without the last dot
     */
    DnsAnswerReader(String name, DnsRecordType type) {
        this.name = name;
        this.type = type;
    }

    /** Whether the response repeats our question. */
    boolean answersQuestion(DnsResponse response) {
        if (response.count(DnsSection.QUESTION) != 1) {
            return false;
        }
        DnsRecord question = response.recordAt(DnsSection.QUESTION);
        return question instanceof DnsQuestion
                && DomainSet.canonical(question.name()).equals(name)
                && question.type().equals(type);
    }

    /** The answer, or null if this server could not tell. */
    DnsLookup.@Nullable Answer read(DnsResponse response) {
        if (response.code().equals(DnsResponseCode.NXDOMAIN)) {
            return new DnsLookup.Answer(true, List.of(), NEGATIVE_TTL);
        }
        if (!response.code().equals(DnsResponseCode.NOERROR)) {
            return null;
        }
        Set<String> names = new HashSet<>(Set.of(name));
        List<InetAddress> addresses = new ArrayList<>();
        long ttl = MAX_TTL;
        for (int i = 0; i < response.count(DnsSection.ANSWER); i++) {
            DnsRecord record = response.recordAt(DnsSection.ANSWER, i);
            if (!names.contains(DomainSet.canonical(record.name()))
                    || !(record instanceof DnsRawRecord raw)) {
                continue;
            }
            if (record.type().equals(DnsRecordType.CNAME)) {
                names.add(
                        DomainSet.canonical(
                                DefaultDnsRecordDecoder.decodeName(raw.content().duplicate())));
                ttl = Math.min(ttl, record.timeToLive());
            } else if (record.type().equals(type)) {
                InetAddress address = address(raw.content());
                if (address != null) {
                    addresses.add(address);
                    ttl = Math.min(ttl, record.timeToLive());
                }
            }
        }
        if (addresses.isEmpty()) {
            return response.isTruncated()
                    ? null
                    : new DnsLookup.Answer(true, List.of(), NEGATIVE_TTL);
        }
        return new DnsLookup.Answer(true, addresses, Math.max(ttl, MIN_TTL));
    }

    private @Nullable InetAddress address(ByteBuf content) {
        int length = type.equals(DnsRecordType.A) ? 4 : 16;
        if (content.readableBytes() != length) {
            return null;
        }
        byte[] bytes = new byte[length];
        content.getBytes(content.readerIndex(), bytes);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + length + " bytes", e);
        }
    }
}
