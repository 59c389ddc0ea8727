package io.culvert.wireguard;

import static io.culvert.wireguard.FuzzInput.require;

import java.net.InetAddress;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Allowed-IP text, a prefix a line, a minus before it to take it away. What is read prints as what
 * was meant and is read again as the same; the table agrees with a list of all prefixes.
 */
public final class CidrFuzz {
    private static final String IPV4 = "(0|[1-9]\\d{0,2})(\\.(0|[1-9]\\d{0,2})){3}";

    /** What may be a prefix at all: in the one notation that everybody reads as the same. */
    private static final Pattern SHAPE =
            Pattern.compile(
                    "(" + IPV4 + "|[0-9a-fA-F:]*:([0-9a-fA-F:]*|" + IPV4 + "))(/\\d{1,3})?");

    private CidrFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        Device device = new Device(new SeededEntropy(1), Host.MTU);
        AllowedIps table = new AllowedIps();
        Map<Cidr, Peer> list = new LinkedHashMap<>();
        Peer[] peers = {peer(device, 1), peer(device, 2)};
        int turn = 0;
        for (String line : new FuzzInput(data).text().split("\n", -1)) {
            boolean removes = line.startsWith("-");
            Cidr prefix = parse(removes ? line.substring(1) : line);
            if (prefix == null) {
                continue;
            }
            Peer owner = peers[turn++ % 2];
            if (removes) {
                table.remove(prefix, owner);
                list.remove(prefix, owner);
            } else {
                require(table.insert(prefix, owner) == list.put(prefix, owner), "former owner");
            }
            for (Cidr known : list.keySet()) {
                InetAddress address = known.address();
                require(table.find(address.getAddress()) == find(list, address), "owner");
            }
            require(
                    table.find(prefix.address().getAddress()) == find(list, prefix.address()),
                    "owner now");
        }
    }

    private static @Nullable Cidr parse(String text) {
        Cidr prefix;
        try {
            prefix = Cidr.parse(text);
        } catch (IllegalArgumentException refused) {
            require(String.valueOf(refused.getMessage()).contains(text), "the text is named");
            return null;
        }
        require(SHAPE.matcher(text).matches(), "only address prefixes are read: " + text);
        require(Cidr.parse(prefix.toString()).equals(prefix), "read again as the same: " + text);
        require(prefix.contains(prefix.address()), "covers its first address: " + text);
        int bits = prefix.isIpv4() ? 32 : 128;
        require(prefix.prefixLength() >= 0 && prefix.prefixLength() <= bits, "length: " + text);
        return prefix;
    }

    private static @Nullable Peer find(Map<Cidr, Peer> list, InetAddress address) {
        return list.entrySet().stream()
                .filter(entry -> entry.getKey().contains(address))
                .max(Comparator.comparingInt(entry -> entry.getKey().prefixLength()))
                .map(Map.Entry::getValue)
                .orElse(null);
    }

    private static Peer peer(Device device, int first) {
        byte[] key = new byte[KeyText.KEY_LENGTH];
        key[0] = (byte) first;
        return device.addPeer(PublicKey.of(key));
    }
}
