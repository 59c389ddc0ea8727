package io.culvert.bench;

/**
 * One end of the tunnels over an emulated path, on the client's side.
 *
 * @param name in the table
 * @param process that carries the tunnel
 * @param host where the server's ports are reached through the tunnel
 * @param portOffset to add to a port of the server
 * @param sender congestion control that iperf3 asks for when it sends into the tunnel, on either
 *     side; empty for what the program or the server has
 */
record PathClient(String name, Process process, String host, int portOffset, String sender) {
    int port(int serverPort) {
        return portOffset + serverPort;
    }
}
