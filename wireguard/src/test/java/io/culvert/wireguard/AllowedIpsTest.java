package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("A12.10")
class AllowedIpsTest {
    private final AllowedIps table = new AllowedIps();
    private final Device device = new Device(new SeededEntropy(1), 0);
    private final Peer a = peer(1);
    private final Peer b = peer(2);
    private final Peer c = peer(3);

    @Test
    void findsTheLongestPrefix() {
        insert("192.168.4.0/24", a);
        insert("192.168.4.4/32", b);
        insert("192.168.0.0/16", c);
        insert("0.0.0.0/0", b);
        assertFound("192.168.4.20", a);
        assertFound("192.168.4.4", b);
        assertFound("192.168.200.182", c);
        assertFound("192.169.0.1", b);
        assertFound("10.0.0.1", b);
    }

    @Test
    void findsNothingWhereNothingIs() {
        assertFound("10.0.0.1", null);
        insert("10.1.0.0/16", a);
        assertFound("10.0.0.1", null);
        assertFound("::1", null);
    }

    @Test
    void keepsTheFamiliesApart() {
        insert("0.0.0.0/0", a);
        insert("::/0", b);
        assertFound("1.2.3.4", a);
        assertFound("102:304::", b);
        table.remove(Cidr.parse("::/0"), b);
        assertFound("102:304::", null);
    }

    @Test
    void findsInBothHalvesOfIpv6() {
        insert("2607:5300:60:6b00::/64", a);
        insert("2607:5300:60:6b00::c05f:543/128", b);
        insert("2607:5300:60:6b00:8000::/65", c);
        assertFound("2607:5300:60:6b00:0:0:c02e:1ee", a);
        assertFound("2607:5300:60:6b00:0:0:c05f:543", b);
        assertFound("2607:5300:60:6b00:ffff::1", c);
        assertFound("2607:5300:60:6b01::", null);
    }

    @Test
    void nestsEveryPrefixLength() {
        for (int bits = 0; bits <= 128; bits++) {
            insert("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/" + bits, bits % 2 == 0 ? a : b);
        }
        assertFound("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", a);
        assertFound("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", b);
        assertFound("0::", a);
        assertFound("8000::", b);
        assertThat(table.size()).isEqualTo(129);
    }

    @Test
    void movesAPrefixToItsNewOwner() {
        assertThat(insert("10.0.0.0/8", a)).isNull();
        assertThat(insert("10.99.0.0/8", b)).isSameAs(a);
        assertFound("10.0.0.1", b);
    }

    @Test
    void onlyTheOwnerRemovesExactlyItsPrefix() {
        insert("10.0.0.0/8", a);
        insert("10.1.0.0/16", b);
        table.remove(Cidr.parse("10.1.0.0/16"), a);
        table.remove(Cidr.parse("10.1.0.0/17"), b);
        table.remove(Cidr.parse("10.1.0.0/15"), b);
        assertFound("10.1.0.1", b);
        table.remove(Cidr.parse("10.1.0.0/16"), b);
        assertFound("10.1.0.1", a);
    }

    @Test
    void leavesNothingBehind() {
        insert("10.0.0.0/16", a);
        insert("10.1.0.0/16", b);
        assertThat(table.size()).isEqualTo(2);
        table.remove(Cidr.parse("10.0.0.0/16"), a);
        assertThat(table.size()).isOne();
        table.remove(Cidr.parse("10.1.0.0/16"), b);
        assertThat(table.size()).isZero();
    }

    @Test
    void agreesWithASlowList() {
        for (int seed = 0; seed < 20; seed++) {
            AllowedIps tested = new AllowedIps();
            SplittableRandom random = new SplittableRandom(seed);
            int family = seed % 2 == 0 ? 4 : 16;
            Map<Cidr, Peer> model = new HashMap<>();
            List<Peer> peers = List.of(a, b, c, peer(4), peer(5));
            for (int i = 0; i < 600; i++) {
                Cidr prefix = new Cidr(random(random, family), random.nextInt(family * 8 + 1));
                Peer peer = peers.get(random.nextInt(peers.size()));
                assertThat(tested.insert(prefix, peer)).isSameAs(model.put(prefix, peer));
                if (random.nextInt(3) == 0) {
                    List<Cidr> all = new ArrayList<>(model.keySet());
                    Cidr victim = all.get(random.nextInt(all.size()));
                    Peer owner = peers.get(random.nextInt(peers.size()));
                    tested.remove(victim, owner);
                    model.remove(victim, owner);
                }
                InetAddress probe = random(random, family);
                assertThat(tested.find(probe.getAddress())).isSameAs(slow(model, probe));
            }
            model.forEach((prefix, peer) -> tested.remove(prefix, peer));
            assertThat(tested.size()).isZero();
        }
    }

    @Tag("D2.4")
    @Tag("D3.3")
    @Test
    void aHundredPeersAgreeWithASlowListBeforeAndAfterRemoval() {
        SplittableRandom random = new SplittableRandom(7);
        List<Peer> peers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            peers.add(peer(10 + i));
        }
        for (int family : new int[] {4, 16}) {
            AllowedIps tested = new AllowedIps();
            Map<Cidr, Peer> model = new HashMap<>();
            for (int i = 0; i < 250; i++) {
                Cidr prefix = new Cidr(random(random, family), random.nextInt(family * 8 + 1));
                Peer peer = peers.get(random.nextInt(peers.size()));
                tested.insert(prefix, peer);
                model.put(prefix, peer);
            }
            assertAgreement(tested, model, random, family);
            for (Peer gone : peers.subList(0, 50)) {
                for (Cidr prefix : List.copyOf(model.keySet())) {
                    tested.remove(prefix, gone);
                    model.remove(prefix, gone);
                }
            }
            assertThat(tested.size()).isEqualTo(model.size());
            assertAgreement(tested, model, random, family);
        }
    }

    private static void assertAgreement(
            AllowedIps tested, Map<Cidr, Peer> model, SplittableRandom random, int family) {
        for (int i = 0; i < 500; i++) {
            InetAddress probe = random(random, family);
            assertThat(tested.find(probe.getAddress())).isSameAs(slow(model, probe));
        }
    }

    @Tag("D4.26")
    @Test
    void defaultRoutesGiveWayToNarrowerAndWiderLists() {
        List<List<String>> lists =
                List.of(
                        List.of("0.0.0.0/0", "::/0"),
                        List.of("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"),
                        List.of("10.0.0.0/8"),
                        List.of("0.0.0.0/0"),
                        List.of("10.0.0.1/32", "fd00::1/128"),
                        List.of("0.0.0.0/0", "10.0.0.0/8", "10.0.0.1/32"));
        Peer owner = device.addPeer(a.publicKey());
        Peer rest = device.addPeer(b.publicKey());
        for (List<String> list : lists) {
            owner.replaceAllowed(list.stream().map(Cidr::parse).toList());
            assertThat(owner.allowed()).hasSize(list.size());
            assertThat(device.route(InetAddress.ofLiteral("10.0.0.1"))).isSameAs(owner);
            rest.allow(Cidr.parse("10.0.0.0/30"));
            boolean owned = list.contains("10.0.0.1/32");
            assertThat(device.route(InetAddress.ofLiteral("10.0.0.1")))
                    .isSameAs(owned ? owner : rest);
            rest.disallow(Cidr.parse("10.0.0.0/30"));
        }
        owner.replaceAllowed(List.of());
        assertThat(device.allowedIps.size()).isZero();
    }

    @Tag("D4.20")
    @Test
    void aPeerMayHaveMoreThanAHundredThousandPrefixes() {
        Peer owner = device.addPeer(a.publicKey());
        List<Cidr> all = new ArrayList<>();
        for (int i = 0; i < 510; i++) {
            for (int j = 0; j < 256; j++) {
                all.add(new Cidr(ipv4(10 + i / 256, i % 256, j, 0), 24));
            }
        }
        owner.replaceAllowed(all);
        assertThat(owner.allowed()).hasSize(130_560).startsWith(all.getFirst());
        assertThat(device.allowedIps.size()).isEqualTo(130_560);
        assertThat(device.route(ipv4(11, 200, 77, 5))).isSameAs(owner);
        device.removePeer(owner);
        assertThat(device.allowedIps.size()).isZero();
    }

    @Tag("D4.21")
    @Test
    void removingPrefixesKeepsTheCountExact() {
        Peer owner = device.addPeer(a.publicKey());
        Peer other = device.addPeer(b.publicKey());
        for (int i = 0; i < 197; i++) {
            owner.allow(Cidr.parse("fd00:" + Integer.toHexString(i) + "::/64"));
            owner.allow(new Cidr(ipv4(10, 1, i, 0), 24));
        }
        for (int i = 0; i < 6; i++) {
            owner.disallow(Cidr.parse("fd00:" + Integer.toHexString(i) + "::/64"));
            owner.disallow(Cidr.parse("fd00:" + Integer.toHexString(i) + "::/64"));
            other.disallow(new Cidr(ipv4(10, 1, i, 0), 24)); // isn't its own
        }
        assertThat(owner.allowed()).hasSize(388);
        assertThat(device.allowedIps.size()).isEqualTo(388);
    }

    @Test
    void growsAndShrinksWithoutLosingAnything() {
        SplittableRandom random = new SplittableRandom(3);
        Map<Cidr, Peer> model = new HashMap<>();
        for (int i = 0; i < 5_000; i++) {
            Cidr prefix = new Cidr(ipv4(10, i >>> 8, i & 0xff, random.nextInt(256)), 32);
            model.put(prefix, i % 2 == 0 ? a : b);
            table.insert(prefix, i % 2 == 0 ? a : b);
        }
        for (Cidr prefix : List.copyOf(model.keySet())) {
            if (random.nextInt(100) > 0) {
                table.remove(prefix, a);
                table.remove(prefix, b);
                model.remove(prefix);
            }
        }
        assertThat(table.size()).isEqualTo(model.size()).isPositive();
        model.forEach((prefix, peer) ->
                assertThat(table.find(prefix.address().getAddress())).isSameAs(peer));
    }

    private static InetAddress ipv4(int... bytes) {
        byte[] address = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            address[i] = (byte) bytes[i];
        }
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static @Nullable Peer slow(Map<Cidr, Peer> model, InetAddress address) {
        return model.keySet().stream()
                .filter(prefix -> prefix.contains(address))
                .max((x, y) -> Integer.compare(x.prefixLength(), y.prefixLength()))
                .map(model::get)
                .orElse(null);
    }

    /** Few values per byte, so that prefixes overlap. */
    private static InetAddress random(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (random.nextInt(3) * 0x55);
        }
        bytes[0] |= 1; // never ::ffff:0:0/96, which Java takes for IPv4
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private @Nullable Peer insert(String prefix, Peer peer) {
        return table.insert(Cidr.parse(prefix), peer);
    }

    private void assertFound(String address, @Nullable Peer peer) {
        assertThat(table.find(InetAddress.ofLiteral(address).getAddress())).isSameAs(peer);
    }

    private Peer peer(int number) {
        byte[] key = new byte[32];
        key[0] = (byte) number;
        return new Peer(device, PublicKey.of(key), true, 0);
    }
}
