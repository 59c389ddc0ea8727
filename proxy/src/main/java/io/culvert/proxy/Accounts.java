package io.culvert.proxy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names and passwords of an inbound. Comparing takes the same time whoever is right. */
final class Accounts {

    /** Nobody has to say who they are. */
    static final Accounts NONE = new Accounts(List.of());

    /** A name and its password. */
    record Account(String user, String pass) {
        /** The name alone. */
        @Override
        public String toString() {
            return user;
        }
    }

    private volatile List<Account> accounts;

    Accounts(List<Account> accounts) {
        this.accounts = List.copyOf(accounts);
    }

    /** How to have the other's accounts; null where that opens or closes it to everybody. */
    @Nullable Runnable update(Accounts other) {
        return required() && other.required() ? () -> become(other) : null;
    }

    /** Has the other's accounts from now on; who is logged in stays so. */
    private void become(Accounts other) {
        accounts = other.accounts;
    }

    /** Whether clients must say who they are. */
    boolean required() {
        return !accounts.isEmpty();
    }

    /** All, with their passwords. */
    List<Account> all() {
        return accounts;
    }

    /** Whether name and password belong together; every account is looked at. */
    @SuppressWarnings("ShortCircuitBoolean") // the time must not tell where a comparison ended
    boolean accepts(String user, String pass) {
        boolean found = false;
        for (Account account : accounts) {
            found |= equal(account.user, user) & equal(account.pass, pass);
        }
        return found;
    }

    private static boolean equal(String a, String b) {
        return MessageDigest.isEqual(
                a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return accounts.size() + " accounts";
    }
}
