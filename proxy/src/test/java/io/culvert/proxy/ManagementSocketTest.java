package io.culvert.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("B1")
@Timeout(60)
class ManagementSocketTest {
    private static final String SECRET = "EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=";
    private static final String PUBLIC = "osAMIyil18HeZXGGBDC9KpZoM+L2iGyXWVSYivuM9B0=";

    @TempDir private Path directory;

    private String settings(String name, String more) {
        return "'settings':{'secretKey':'"
                + SECRET
                + "','uapi':'"
                + name
                + "','uapiDir':'"
                + directory
                + "'"
                + more
                + "}";
    }

    private String server(String name) {
        return "{'inbounds':[{'tag':'wg','protocol':'wireguard','listen':'127.0.0.1','port':0,"
                + settings(name, "")
                + "}],'outbounds':[{'protocol':'freedom'}]}";
    }

    private String client(String name, String more) {
        return "{'inbounds':[],'outbounds':[{'tag':'tun','protocol':'wireguard',"
                + settings(name, more)
                + "}]}";
    }

    private String get(String name) throws IOException {
        Path socket = directory.resolve(name + ".sock");
        StringBuilder answer = new StringBuilder();
        ByteBuffer bytes = ByteBuffer.allocate(4096);
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(US_ASCII.encode("get=1\n\n"));
            while (answer.indexOf("\n\n") < 0 && channel.read(bytes.clear()) > 0) {
                answer.append(US_ASCII.decode(bytes.flip()));
            }
        }
        return answer.toString();
    }

    @Test
    void aServerIsManagedWhileItRuns() throws Exception {
        try (ProxyRig rig = ProxyRig.start(server("wg0"))) {
            assertThat(get("wg0"))
                    .contains("listen_port=" + rig.address("wg").getPort() + "\n", "errno=0\n");
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void anOutboundOpensAtStartAndNeedsNoPeersThen() throws Exception {
        try (ProxyRig _ = ProxyRig.start(client("wg1", ""))) {
            assertThat(get("wg1")).contains("private_key=", "listen_port=").endsWith("errno=0\n\n");
        }
        String peer = ",'peers':[{'publicKey':'" + PUBLIC + "','endpoint':'192.0.2.1:4'}]";
        try (ProxyRig _ = ProxyRig.start(client("wg1", peer))) {
            assertThat(get("wg1")).contains("endpoint=192.0.2.1:4\n");
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aNameInUseStartsNothing() throws Exception {
        try (ProxyRig _ = ProxyRig.start(server("wg0"))) {
            for (String second : new String[] {server("wg0"), client("wg0", "")}) {
                assertThatThrownBy(() -> ProxyRig.start(second))
                        .isInstanceOf(StartException.class)
                        .hasMessageContaining("settings.uapi: ")
                        .hasMessageContaining("wg0.sock is in use by another process");
            }
            assertThat(get("wg0")).contains("errno=0");
        }
    }

    @Test
    void aDirectoryThatCannotBeMadeStartsNothing() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        String configuration = server("wg0").replace(directory.toString(), file.toString());
        assertThatThrownBy(() -> ProxyRig.start(configuration))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("cannot make the socket");
    }
}
