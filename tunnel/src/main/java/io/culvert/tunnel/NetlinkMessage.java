package io.culvert.tunnel;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message of netlink (RFC 3549, section 2.3): {@code nlmsghdr len(4) type(2) flags(2) seq(4)
 * pid(4)}, a header that its type says, and attributes {@code len(2) type(2) value…}, each padded
 * to 4 bytes; all in the byte order of the machine.
 */
final class NetlinkMessage {
    // <linux/netlink.h>
    static final int REQUEST = 1;
    static final int ACK = 4;
    static final int EXCL = 0x200;
    static final int CREATE = 0x400;
    static final int DUMP = 0x300;
    static final int ERROR = 2;
    static final int DONE = 3;

    static final int HEADER = 16;
    private static final int ATTRIBUTE_HEADER = 4;

    /** The top bits of an attribute's type say how it is to be read. */
    private static final int ATTRIBUTE_TYPE = 0x3fff;

    private static final int CAPACITY = 512;

    private final ByteBuffer bytes;
    private final int start;
    private final int end;

    private NetlinkMessage(ByteBuffer bytes, int start, int end) {
        this.bytes = bytes;
        this.start = start;
        this.end = end;
    }

    /** A message to be written, with a header of {@code fixed} bytes. */
    static NetlinkMessage request(int type, int flags, byte... fixed) {
        ByteBuffer bytes = ByteBuffer.allocate(CAPACITY).order(ByteOrder.nativeOrder());
        bytes.putInt(0).putShort((short) type).putShort((short) (REQUEST | flags));
        bytes.putLong(0).put(fixed);
        return new NetlinkMessage(bytes, 0, 0);
    }

    /** The fixed header of 12 bytes that routes and rules have, {@code rtmsg} and the like. */
    static byte[] family(boolean ipv6, int destinationLength, int sourceLength, int... more) {
        byte[] fixed = new byte[12];
        fixed[0] = (byte) (ipv6 ? LinuxConstants.AF_INET6 : LinuxConstants.AF_INET);
        fixed[1] = (byte) destinationLength;
        fixed[2] = (byte) sourceLength;
        for (int i = 0; i < more.length; i++) {
            fixed[3 + i] = (byte) more[i];
        }
        return fixed;
    }

    NetlinkMessage put(int attribute, byte[] value) {
        bytes.putShort((short) (ATTRIBUTE_HEADER + value.length)).putShort((short) attribute);
        bytes.put(value);
        bytes.position(aligned(bytes.position()));
        return this;
    }

    NetlinkMessage put(int attribute, int value) {
        ByteBuffer four = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder());
        return put(attribute, four.putInt(value).array());
    }

    NetlinkMessage put(int attribute, InetAddress value) {
        return put(attribute, value.getAddress());
    }

    NetlinkMessage put(int attribute, String value) {
        return put(attribute, (value + '\0').getBytes(StandardCharsets.US_ASCII));
    }

    /** The whole message, to be sent. */
    byte[] encode(int sequence) {
        byte[] message = new byte[bytes.position()];
        bytes.putInt(0, message.length).putInt(8, sequence);
        bytes.get(0, message);
        return message;
    }

    /** What a datagram of the kernel's holds; what is cut off or makes no sense ends it. */
    static List<NetlinkMessage> decode(byte[] datagram) {
        ByteBuffer all = ByteBuffer.wrap(datagram).order(ByteOrder.nativeOrder());
        List<NetlinkMessage> messages = new ArrayList<>();
        int at = 0;
        while (at + HEADER <= datagram.length) {
            int length = all.getInt(at);
            if (length < HEADER || length > datagram.length - at) {
                break;
            }
            messages.add(new NetlinkMessage(all, at, at + length));
            at += aligned(length);
        }
        return messages;
    }

    int type() {
        return bytes.getShort(start + 4) & 0xffff;
    }

    int sequence() {
        return bytes.getInt(start + 8);
    }

    /** Of an {@link #ERROR}: 0 for an acknowledgment, else the error number. */
    int errno() {
        return end - start < HEADER + 4 ? LinuxConstants.EIO : -bytes.getInt(start + HEADER);
    }

    /** A byte of the fixed header. */
    int fixed(int index) {
        return start + HEADER + index < end ? bytes.get(start + HEADER + index) & 0xff : 0;
    }

    /** Four bytes of the fixed header. */
    int fixedInt(int index) {
        return start + HEADER + index + 4 <= end ? bytes.getInt(start + HEADER + index) : 0;
    }

    /** An attribute's value behind a fixed header of so many bytes; null if it isn't there. */
    byte @Nullable [] attribute(int fixed, int type) {
        return attribute(bytes, start + HEADER + aligned(fixed), end, type);
    }

    /** An attribute within the value of another. */
    static byte @Nullable [] nested(byte[] value, int type) {
        ByteBuffer inside = ByteBuffer.wrap(value).order(ByteOrder.nativeOrder());
        return attribute(inside, 0, value.length, type);
    }

    private static byte @Nullable [] attribute(ByteBuffer from, int at, int end, int type) {
        while (at + ATTRIBUTE_HEADER <= end) {
            int length = from.getShort(at) & 0xffff;
            if (length < ATTRIBUTE_HEADER || length > end - at) {
                return null;
            }
            if ((from.getShort(at + 2) & ATTRIBUTE_TYPE) == type) {
                byte[] value = new byte[length - ATTRIBUTE_HEADER];
                from.get(at + ATTRIBUTE_HEADER, value);
                return value;
            }
            at += aligned(length);
        }
        return null;
    }

    /** A number; the other one if the attribute isn't there. */
    int integer(int fixed, int type, int otherwise) {
        return integer(attribute(fixed, type), otherwise);
    }

    static int integer(byte @Nullable [] value, int otherwise) {
        try {
            return value == null
                    ? otherwise
                    : value.length == 1
                            ? value[0] & 0xff
                            : ByteBuffer.wrap(value).order(ByteOrder.nativeOrder()).getInt();
        } catch (BufferUnderflowException _) {
            return otherwise;
        }
    }

    @Nullable String text(int fixed, int type) {
        byte[] value = attribute(fixed, type);
        return value == null || value.length == 0
                ? null
                : new String(value, 0, value.length - 1, StandardCharsets.US_ASCII);
    }

    @Nullable InetAddress address(int fixed, int type) {
        byte[] value = attribute(fixed, type);
        try {
            return value == null ? null : InetAddress.getByAddress(value);
        } catch (UnknownHostException _) {
            return null;
        }
    }

    private static int aligned(int length) {
        return (length + 3) & -4;
    }
}
