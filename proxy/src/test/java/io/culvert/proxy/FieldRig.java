package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads one field of Xray's files in the middle of a file that is right. */
final class FieldRig {
    private static final String SECRET = "EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=";
    private static final String PUBLIC = "osAMIyil18HeZXGGBDC9KpZoM+L2iGyXWVSYivuM9B0=";

    /** What {@code outbounds} and {@code inbounds} are where a test has nothing of its own. */
    private static final String DIRECT = "'outbounds':[{'tag':'out','protocol':'freedom'}]";

    private final Problems problems = new Problems();

    /** A WireGuard outbound whose settings have this as well; a repeated key counts. */
    Plan outboundSettings(String members) {
        return plan(
                "'outbounds':[{'tag':'wg','protocol':'wireguard','settings':{'secretKey':'SECRET',"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}],"
                        + members
                        + "}}]");
    }

    /** A peer of a WireGuard outbound. */
    Plan outboundPeer(String members) {
        return outboundSettings(
                "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'," + members + "}]");
    }

    /** A WireGuard inbound whose settings have this as well. */
    Plan inboundSettings(String members) {
        return plan(
                DIRECT
                        + ",'inbounds':[{'tag':'in','protocol':'wireguard','port':51820,'settings':"
                        + "{'secretKey':'SECRET',"
                        + members
                        + "}}]");
    }

    /** An inbound of that protocol. */
    Plan inbound(String protocol, String members) {
        return plan(
                DIRECT
                        + ",'inbounds':[{'protocol':'"
                        + protocol
                        + "','port':1080,"
                        + members
                        + "}]");
    }

    /** An outbound of that protocol. */
    Plan outbound(String protocol, String members) {
        return plan("'outbounds':[{'protocol':'" + protocol + "'," + members + "}]");
    }

    /** A file with these sections beside a direct outbound. */
    Plan file(String members) {
        return plan(DIRECT + "," + members);
    }

    /** Whether sections are refused, and how: without the file's name. */
    List<String> errors(String members) {
        read(members.contains("outbounds") ? members : DIRECT + "," + members);
        return problems.errors().stream().map(FieldRig::line).toList();
    }

    /** What was said to what was read so far, without the file's name. */
    List<String> warnings() {
        return problems.warnings().stream().map(FieldRig::line).toList();
    }

    private static String line(Problems.Problem problem) {
        return problem.place().path() + ": " + problem.sentence();
    }

    private Plan plan(String members) {
        Plan plan = read(members);
        assertThat(problems.errors()).isEmpty();
        if (plan == null) {
            throw new AssertionError("no plan");
        }
        return plan;
    }

    private @Nullable Plan read(String members) {
        String json =
                ("{" + members + "}")
                        .replace("SECRET", SECRET)
                        .replace("PUBLIC", PUBLIC)
                        .replace('\'', '"');
        return new ConfigReader(problems, name -> "PORT".equals(name) ? "1234" : null)
                .read(Json.parse(json));
    }
}
