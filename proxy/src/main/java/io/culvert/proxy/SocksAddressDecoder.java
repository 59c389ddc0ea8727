package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.socksx.v5.Socks5AddressDecoder;
import io.netty.handler.codec.socksx.v5.Socks5AddressType;
import org.jspecify.annotations.Nullable;

/** Netty's decoder of addresses, but for an unknown type, which deserves its own reply code. */
final class SocksAddressDecoder implements Socks5AddressDecoder {

    /** An address type that RFC 1928 doesn't have. */
    static final class UnknownType extends DecoderException {
        private static final long serialVersionUID = 1;

        UnknownType(Socks5AddressType type) {
            super("address type " + type);
        }
    }

    @Override
    public @Nullable String decodeAddress(Socks5AddressType type, ByteBuf in) throws Exception {
        if (!type.equals(Socks5AddressType.IPv4)
                && !type.equals(Socks5AddressType.IPv6)
                && !type.equals(Socks5AddressType.DOMAIN)) {
            throw new UnknownType(type);
        }
        return Socks5AddressDecoder.DEFAULT.decodeAddress(type, in);
    }
}
