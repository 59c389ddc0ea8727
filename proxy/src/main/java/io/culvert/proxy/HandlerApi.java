package io.culvert.proxy;

import java.nio.ByteBuffer;
import java.util.List;

/** {@code xray.app.proxyman.command.HandlerService}: inbounds, outbounds and users come and go. */
final class HandlerApi {
    private static final String SERVICE = "xray.app.proxyman.command.HandlerService";
    private static final String OPERATION = "xray.app.proxyman.command.";

    private final Proxy proxy;

    HandlerApi(Proxy proxy) {
        this.proxy = proxy;
    }

    /** One change, which says what is wrong with it. */
    private interface Change {
        boolean make(LiveChanges changes, Problems problems) throws StartException;
    }

    void addTo(GrpcMethods methods) {
        methods.add(
                SERVICE,
                "AddInbound",
                request ->
                        done((changes, problems) ->
                                changes.addInbound(
                                        ProtoConfig.inbound(request.message(1), problems),
                                        problems)));
        methods.add(
                SERVICE,
                "RemoveInbound",
                request ->
                        done((changes, problems) ->
                                changes.removeInbound(request.text(1), problems)));
        methods.add(SERVICE, "AlterInbound", this::alterInbound);
        methods.add(SERVICE, "ListInbounds", request -> listInbounds());
        methods.add(SERVICE, "GetInboundUsers", this::users);
        methods.add(
                SERVICE,
                "GetInboundUsersCount",
                request ->
                        new ProtoWriter()
                                .number(1, LiveUsers.of(settings(request.text(1))).size()));
        methods.add(
                SERVICE,
                "AddOutbound",
                request ->
                        done((changes, problems) ->
                                changes.addOutbound(
                                        ProtoConfig.outbound(request.message(1), problems),
                                        problems)));
        methods.add(
                SERVICE,
                "RemoveOutbound",
                request ->
                        done((changes, problems) ->
                                changes.removeOutbound(request.text(1), problems)));
        methods.add(SERVICE, "ListOutbounds", request -> listOutbounds());
        methods.add(
                SERVICE,
                "AlterOutbound",
                request -> {
                    throw new GrpcException(
                            GrpcException.UNIMPLEMENTED, "an outbound has nothing to alter");
                });
    }

    private ProtoWriter done(Change change) throws GrpcException {
        return made(proxy, change);
    }

    private static ProtoWriter made(Proxy proxy, Change change) throws GrpcException {
        Problems problems = new Problems();
        try {
            if (change.make(proxy.live(), problems)) {
                return new ProtoWriter();
            }
        } catch (StartException | IllegalStateException e) {
            throw new GrpcException(GrpcException.UNKNOWN, String.valueOf(e.getMessage()));
        }
        throw refusal(problems);
    }

    /** All that is wrong, in one message. */
    static GrpcException refusal(Problems problems) {
        List<String> sentences =
                problems.errors().stream().map(Problems.Problem::toString).toList();
        return new GrpcException(GrpcException.UNKNOWN, String.join("; ", sentences));
    }

    private ProtoWriter alterInbound(ProtoFields request) throws GrpcException {
        String tag = request.text(1);
        ProtoFields typed = request.message(2);
        ProtoFields operation = ProtoFields.of(ByteBuffer.wrap(typed.bytes(2)));
        return switch (typed.text(1)) {
            case OPERATION + "AddUserOperation" ->
                    done((changes, problems) ->
                            changes.addUser(
                                    tag,
                                    ProtoConfig.user(operation.message(1), problems),
                                    problems));
            case OPERATION + "RemoveUserOperation" ->
                    done((changes, problems) ->
                            changes.removeUser(tag, operation.text(1), problems));
            default ->
                    throw new GrpcException(
                            GrpcException.INVALID_ARGUMENT, "unknown operation " + typed.text(1));
        };
    }

    private InboundSettings settings(String tag) throws GrpcException {
        for (Plan.InboundPlan inbound : proxy.plan().inbounds()) {
            if (!tag.isEmpty() && inbound.tag().equals(tag)) {
                return inbound.settings();
            }
        }
        throw new GrpcException(GrpcException.UNKNOWN, "no inbound has the tag \"" + tag + "\"");
    }

    private ProtoWriter users(ProtoFields request) throws GrpcException {
        String name = request.text(2);
        ProtoWriter answer = new ProtoWriter();
        for (LiveUsers.User user : LiveUsers.of(settings(request.text(1)))) {
            if (name.isEmpty() || user.name().equals(name)) {
                answer.message(1, user(user));
            }
        }
        return answer;
    }

    private static ProtoWriter user(LiveUsers.User user) {
        ProtoWriter message = new ProtoWriter().text(2, user.name());
        WireGuardSettings.Peer peer = user.peer();
        if (peer != null) {
            message.message(3, ProtoTunnel.account(peer));
        }
        return message;
    }

    /** By tag alone: settings hold secrets. */
    private ProtoWriter listInbounds() {
        ProtoWriter answer = new ProtoWriter();
        proxy.plan()
                .inbounds()
                .forEach(inbound -> answer.message(1, new ProtoWriter().text(1, inbound.tag())));
        return answer;
    }

    private ProtoWriter listOutbounds() {
        ProtoWriter answer = new ProtoWriter();
        proxy.plan()
                .outbounds()
                .forEach(outbound -> answer.message(1, new ProtoWriter().text(1, outbound.tag())));
        return answer;
    }
}
