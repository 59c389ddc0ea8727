package io.culvert.proxy;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Settings of an inbound with one user more or less. */
final class LiveUsers {
    private LiveUsers() {}

    /** One user, as far as others may know: never a password or a preshared key. */
    record User(String name, WireGuardSettings.@Nullable Peer peer) {}

    /** With the user, who takes the place of the one with the same key or name; null if wrong. */
    static @Nullable InboundSettings with(
            InboundSettings settings, ConfigNode user, Problems problems) {
        return switch (settings) {
            case WireGuardSettings tunnel -> withPeer(tunnel, user, problems);
            case SocksInbound.Settings socks -> {
                Accounts accounts = withAccount(socks.accounts(), user, problems);
                yield accounts == null ? null : socks.with(accounts);
            }
            case HttpInbound.Settings http -> {
                Accounts accounts = withAccount(http.accounts(), user, problems);
                yield accounts == null ? null : http.with(accounts);
            }
            default -> noUsers(user.place(), problems);
        };
    }

    private static @Nullable WireGuardSettings withPeer(
            WireGuardSettings tunnel, ConfigNode user, Problems problems) {
        WireGuardSettings.Peer peer = new WireGuardReader(problems, false).peer(user);
        if (peer == null || problems.hasErrors()) {
            return null;
        }
        if (peer.publicKey().equals(tunnel.secretKey().publicKey())) {
            problems.error(user, "has this side's own public key");
            return null;
        }
        List<WireGuardSettings.Peer> peers = new ArrayList<>(tunnel.peers());
        peers.removeIf(other -> other.publicKey().equals(peer.publicKey()));
        if (!peer.user().name().isEmpty()
                && peers.stream()
                        .anyMatch(other -> other.user().name().equals(peer.user().name()))) {
            problems.error(
                    user, "another peer has the name \"" + peer.user().name() + "\" already");
            return null;
        }
        peers.add(peer);
        return tunnel.with(peers);
    }

    private static @Nullable Accounts withAccount(
            Accounts before, ConfigNode user, Problems problems) {
        if (!before.required()) {
            problems.error(user, "the inbound asks nobody for a name");
            return null;
        }
        ConfigNode name = user.member("user");
        ConfigNode pass = user.member("pass");
        boolean there = name.isPresent(problems, "the user's name");
        there &= pass.isPresent(problems, "the user's password");
        if (!there || problems.hasErrors()) {
            return null;
        }
        String key = name.string(problems, "");
        List<Accounts.Account> accounts = new ArrayList<>(before.all());
        accounts.removeIf(account -> account.user().equals(key));
        accounts.add(new Accounts.Account(key, pass.string(problems, "")));
        return new Accounts(accounts);
    }

    /** Without the user of that name; the same settings if there is none. */
    static @Nullable InboundSettings without(
            InboundSettings settings, String name, Problems problems) {
        return switch (settings) {
            case WireGuardSettings tunnel ->
                    tunnel.with(
                            tunnel.peers().stream()
                                    .filter(peer ->
                                            name.isEmpty() || !peer.user().name().equals(name))
                                    .toList());
            case SocksInbound.Settings socks -> {
                Accounts rest = without(socks.accounts(), name, problems);
                yield rest == null ? null : socks.with(rest);
            }
            case HttpInbound.Settings http -> {
                Accounts rest = without(http.accounts(), name, problems);
                yield rest == null ? null : http.with(rest);
            }
            default -> noUsers(new Place("api", 0, 0, ""), problems);
        };
    }

    /** The last one stays: without accounts an inbound would be open to everybody. */
    private static @Nullable Accounts without(Accounts before, String name, Problems problems) {
        List<Accounts.Account> rest = new ArrayList<>(before.all());
        rest.removeIf(account -> account.user().equals(name));
        if (rest.isEmpty() && before.required()) {
            problems.error(
                    new Place("api", 0, 0, ""),
                    "\"" + name + "\" is the last account: without it everybody would be let in");
            return null;
        }
        return new Accounts(rest);
    }

    private static @Nullable InboundSettings noUsers(Place place, Problems problems) {
        problems.error(place, "the inbound has no users");
        return null;
    }

    /** All who have a name. */
    static List<User> of(InboundSettings settings) {
        return switch (settings) {
            case WireGuardSettings tunnel ->
                    tunnel.peers().stream()
                            .filter(peer -> !peer.user().name().isEmpty())
                            .map(peer -> new User(peer.user().name(), peer))
                            .toList();
            case SocksInbound.Settings socks -> of(socks.accounts());
            case HttpInbound.Settings http -> of(http.accounts());
            default -> List.of();
        };
    }

    private static List<User> of(Accounts accounts) {
        return accounts.all().stream().map(account -> new User(account.user(), null)).toList();
    }
}
