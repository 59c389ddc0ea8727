package io.culvert.proxy;

/**
 * Where a value stands: the file, the line and column counted from 1 (0 = unknown) and the path of
 * keys shown to the user, for instance {@code outbounds[0].settings.peers[0].publicKey} or {@code
 * [Peer] PublicKey}. An empty path means the file as a whole.
 */
public record Place(String file, int line, int column, String path) {

    /** The same line and column under another path. */
    public Place at(String otherPath) {
        return new Place(file, line, column, otherPath);
    }

    /** {@code FILE: PATH}, or {@code FILE:LINE:COLUMN} where there is no path. */
    @Override
    public String toString() {
        if (!path.isEmpty()) {
            return file + ": " + path;
        }
        return line > 0 ? file + ":" + line + ":" + column : file;
    }
}
