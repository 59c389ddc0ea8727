package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DnsRecordType;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is taken out of a name server's message, and what isn't. */
class DnsAnswerReaderTest {
    private static final int ID = 0x1234;
    private static final int A = 1;
    private static final int CNAME = 5;
    private static final int SOA = 6;
    private static final int NOERROR = 0x8180;
    private static final int NXDOMAIN = 0x8183;

    private final ByteBuf message = Unpooled.buffer();
    private final DnsQuery query = new DnsQuery("www.example.test", DnsRecordType.A, null);

    private DnsAnswerReaderTest begin(int flags, int answers, int authorities) {
        message.writeShort(ID).writeShort(flags).writeShort(1).writeShort(answers);
        message.writeShort(authorities).writeShort(0);
        name("www.example.test").writeShort(A).writeShort(1);
        return this;
    }

    private ByteBuf name(String name) {
        for (String label : name.isEmpty() ? new String[0] : name.split("\\.", -1)) {
            message.writeByte(label.length());
            message.writeCharSequence(label, StandardCharsets.US_ASCII);
        }
        return message.writeByte(0);
    }

    private DnsAnswerReaderTest address(String name, int ttl, int... bytes) {
        name(name).writeShort(A).writeShort(1).writeInt(ttl).writeShort(bytes.length);
        for (int each : bytes) {
            message.writeByte(each);
        }
        return this;
    }

    private DnsAnswerReaderTest alias(String name, String of, int ttl) {
        name(name).writeShort(CNAME).writeShort(1).writeInt(ttl).writeShort(of.length() + 2);
        name(of);
        return this;
    }

    private @Nullable DnsReply read() {
        return DnsAnswerReader.read(message, ID, query);
    }

    private static DnsReply some(@Nullable DnsReply reply) {
        assertThat(reply).isNotNull();
        return java.util.Objects.requireNonNull(reply);
    }

    @Test
    void followsAliasesInWhateverOrderTheyStand() {
        begin(NOERROR, 3, 0)
                .address("c.test", 300, 192, 0, 2, 1)
                .alias("b.test", "C.test", 200)
                .alias("www.EXAMPLE.test", "b.test", 400);

        DnsReply reply = some(read());
        assertThat(reply.addresses()).map(Object::toString).containsExactly("/192.0.2.1");
        assertThat(reply.ttlSeconds()).isEqualTo(200);
    }

    @Test
    void takesNoAddressOfAnotherName() {
        begin(NOERROR, 2, 0)
                .address("other.test", 300, 192, 0, 2, 66)
                .address("www.example.test", 300, 192, 0, 2, 1);

        assertThat(some(read()).addresses()).map(Object::toString).containsExactly("/192.0.2.1");
    }

    @Test
    void aliasesInACircleLeadNowhere() {
        begin(NOERROR, 2, 0)
                .alias("www.example.test", "b.test", 60)
                .alias("b.test", "www.example.test", 60);

        DnsReply reply = some(read());
        assertThat(reply.addresses()).isEmpty();
        assertThat(reply.isAnswer()).isTrue();
    }

    @Test
    void givesUpAChainOfHundredsOfAliases() {
        begin(NOERROR, 301, 0).alias("www.example.test", "a0.test", 60);
        for (int i = 0; i < 299; i++) {
            alias("a" + i + ".test", "a" + (i + 1) + ".test", 60);
        }
        address("a299.test", 60, 192, 0, 2, 1);

        assertThat(some(read()).addresses()).isEmpty();
    }

    @Test
    void keepsABoundedNumberOfAddresses() {
        begin(NOERROR, 2000, 0);
        for (int i = 0; i < 2000; i++) {
            address("www.example.test", 60, 10, 0, i >> 8, i & 0xff);
        }

        assertThat(some(read()).addresses()).hasSize(128);
    }

    @Test
    void nothingHoldsAsLongAsTheZoneSays() {
        begin(NXDOMAIN, 0, 1);
        name("example.test").writeShort(SOA).writeShort(1).writeInt(900).writeShort(22);
        name("");
        name("").writeInt(1).writeInt(2).writeInt(3).writeInt(4).writeInt(77);

        DnsReply reply = some(read());
        assertThat(reply.isNoSuchName()).isTrue();
        assertThat(reply.ttlSeconds()).isEqualTo(77);
    }

    @Test
    void otherNumbersQuestionsAndQueriesAreNoAnswer() {
        begin(NOERROR, 1, 0).address("www.example.test", 60, 192, 0, 2, 1);

        assertThat(DnsAnswerReader.read(message, ID + 1, query)).isNull();
        assertThat(
                        DnsAnswerReader.read(
                                message,
                                ID,
                                new DnsQuery("www.example.test", DnsRecordType.AAAA, null)))
                .isNull();
        assertThat(
                        DnsAnswerReader.read(
                                message,
                                ID,
                                new DnsQuery("ww.example.test", DnsRecordType.A, null)))
                .isNull();
        message.setShort(2, 0x0100);
        assertThat(read()).isNull();
    }

    @Test
    void anAddressOfTheWrongLengthIsNoAnswer() {
        begin(NOERROR, 1, 0).address("www.example.test", 60, 192, 0, 2);

        assertThat(read()).isNull();
    }

    @Test
    void aRefusalMayLeaveTheQuestionOut() {
        message.writeShort(ID).writeShort(0x8181).writeLong(0);

        assertThat(some(read()).isAnswer()).isFalse();
    }

    @Test
    void anyBytesAreAnAnswerOrNone() {
        begin(NOERROR, 3, 0)
                .alias("www.example.test", "b.test", 60)
                .address("b.test", 60, 192, 0, 2, 1)
                .address("b.test", 60, 192, 0, 2, 2);
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            ByteBuf broken = message.copy(0, 1 + random.nextInt(message.readableBytes()));
            broken.setByte(random.nextInt(broken.readableBytes()), random.nextInt(256));
            broken.setByte(random.nextInt(broken.readableBytes()), 0xc0);
            DnsReply reply = DnsAnswerReader.read(broken, ID, query);
            assertThat(reply == null || reply.addresses().size() <= 2).isTrue();
        }
    }
}
