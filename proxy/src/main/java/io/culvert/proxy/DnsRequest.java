package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsRecordType;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client's question, and what can be answered to it (RFC 1035 section 4.1). */
final class DnsRequest {
    private static final int HEADER = 12;
    private static final int RESPONSE = 0x8000;
    private static final int OPCODE = 0x7800;
    private static final int TRUNCATED = 0x0200;
    private static final int RECURSION_DESIRED = 0x0100;
    private static final int RECURSION_AVAILABLE = 0x0080;
    private static final int NAME_OF_QUESTION = 0xc000 | HEADER;
    private static final int INTERNET = 1;

    /** RFC 1035 section 4.2.1. */
    private static final int UDP_LIMIT = 512;

    /** What the path carries without fragments, as of DNS flag day 2020. */
    private static final int EDNS_LIMIT = 1232;

    private final byte[] message;
    private final int flags;
    private final String name;
    private final int type;
    private final int questionEnd;
    private final int payloadLimit;
    private final boolean edns;

    private DnsRequest(byte[] message, ByteBuf in) {
        this.message = message;
        in.skipBytes(2);
        this.flags = in.readUnsignedShort();
        int questions = in.readUnsignedShort();
        int others = in.readUnsignedShort() + in.readUnsignedShort();
        int additional = in.readUnsignedShort();
        if ((flags & (RESPONSE | OPCODE)) != 0 || questions != 1) {
            throw new CorruptedFrameException("no single question");
        }
        this.name = DomainSet.canonical(DefaultDnsRecordDecoder.decodeName(in));
        this.type = in.readUnsignedShort();
        in.skipBytes(2);
        this.questionEnd = in.readerIndex();
        this.edns =
                others == 0
                        && additional > 0
                        && in.readByte() == 0
                        && in.readUnsignedShort() == DnsRecordType.OPT.intValue();
        this.payloadLimit =
                edns ? Math.clamp(in.readUnsignedShort(), UDP_LIMIT, EDNS_LIMIT) : UDP_LIMIT;
    }

    /**
     * Reads a message, and leaves it to the caller.
     *
     * @return null if it is no question
     */
    static @Nullable DnsRequest read(ByteBuf payload) {
        byte[] message = ByteBufUtil.getBytes(payload);
        try {
            return new DnsRequest(message, Unpooled.wrappedBuffer(message));
        } catch (DecoderException | IndexOutOfBoundsException e) {
            return null;
        }
    }

    /** Lower case, without the last dot. */
    String name() {
        return name;
    }

    int type() {
        return type;
    }

    boolean asksForAddresses() {
        return type == DnsRecordType.A.intValue() || type == DnsRecordType.AAAA.intValue();
    }

    /** The message as it came. */
    ByteBuf message() {
        return Unpooled.wrappedBuffer(message);
    }

    /** Whether a message has the number of this question and is a response. */
    boolean isAnsweredBy(ByteBuf response) {
        return response.readableBytes() >= HEADER
                && response.getByte(response.readerIndex()) == message[0]
                && response.getByte(response.readerIndex() + 1) == message[1]
                && (response.getByte(response.readerIndex() + 2) & 0x80) != 0;
    }

    static boolean isTruncated(ByteBuf response) {
        return (response.getUnsignedShort(response.readerIndex() + 2) & TRUNCATED) != 0;
    }

    /** A response as it fits into a datagram to this client; taken over. */
    ByteBuf fitted(ByteBuf response) {
        if (response.readableBytes() <= payloadLimit) {
            return response;
        }
        int code = response.getUnsignedShort(response.readerIndex() + 2) & 0xf;
        response.release();
        return response(code, List.of(), 0, TRUNCATED);
    }

    /** A response with these addresses. */
    ByteBuf response(int code, List<InetAddress> addresses, long ttlSeconds) {
        return response(code, addresses, ttlSeconds, 0);
    }

    private ByteBuf response(
            int code, List<InetAddress> addresses, long ttlSeconds, int moreFlags) {
        ByteBuf out = Unpooled.buffer();
        out.writeBytes(message, 0, 2);
        int kept = flags & RECURSION_DESIRED;
        out.writeShort(RESPONSE | RECURSION_AVAILABLE | kept | moreFlags | code);
        out.writeShort(1).writeShort(addresses.size()).writeShort(0).writeShort(edns ? 1 : 0);
        out.writeBytes(message, HEADER, questionEnd - HEADER);
        for (InetAddress address : addresses) {
            byte[] bytes = address.getAddress();
            out.writeShort(NAME_OF_QUESTION).writeShort(type).writeShort(INTERNET);
            out.writeInt((int) ttlSeconds).writeShort(bytes.length).writeBytes(bytes);
        }
        if (edns) {
            // RFC 6891 section 6.1.1: who was asked with one answers with one.
            out.writeByte(0).writeShort(DnsRecordType.OPT.intValue()).writeShort(EDNS_LIMIT);
            out.writeInt(0).writeShort(0);
        }
        return out;
    }
}
