package io.culvert.proxy;

/**
 * Who a peer is to routing rules and the policy.
 *
 * @param name may be empty
 * @param level of the policy that holds for it
 */
record PeerUser(String name, int level) {

    /** A peer of which the file says neither. */
    static final PeerUser NOBODY = new PeerUser("", 0);
}
