package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.function.Consumer;

/** Answers clients' questions by rules. Thread-safe. */
final class DnsResponder {
    private final List<DnsRule> rules;
    private final Dns dns;
    private final DnsForward forward;

    /**
     * A responder.
     *
     * @param rules the last of which takes everything
     */
    DnsResponder(List<DnsRule> rules, Dns dns, DnsForward forward) {
        this.rules = rules;
        this.dns = dns;
        this.forward = forward;
    }

    /**
     * Answers, or not.
     *
     * @param asked what the client takes for the server
     * @param reply takes a response, on {@code loop}
     */
    void answer(DnsRequest request, Session asked, EventLoop loop, Consumer<ByteBuf> reply) {
        DnsRule rule = rules.getLast();
        for (DnsRule each : rules) {
            if (each.fits(request)) {
                rule = each;
                break;
            }
        }
        switch (rule.action()) {
            case DIRECT -> forward.ask(request, asked, loop, reply);
            case DROP -> {}
            case RETURN -> reply.accept(request.response(rule.code(), List.of(), 0));
            case HIJACK -> hijack(request, loop, reply);
        }
    }

    private void hijack(DnsRequest request, EventLoop loop, Consumer<ByteBuf> reply) {
        if (!request.asksForAddresses()) {
            reply.accept(request.response(DnsRule.REFUSED, List.of(), 0));
            return;
        }
        dns.lookupForClient(request.name(), List.of(DnsRecordType.valueOf(request.type())))
                .addListener((Future<DnsReply> done) ->
                        loop.execute(() -> reply.accept(response(request, done))));
    }

    private static ByteBuf response(DnsRequest request, Future<DnsReply> done) {
        if (!done.isSuccess()) {
            return request.response(DnsResponseCode.SERVFAIL.intValue(), List.of(), 0);
        }
        DnsReply found = done.getNow();
        return request.response(found.code(), found.addresses(), found.ttlSeconds());
    }
}
