package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

class PoliciesTest {
    private final Problems problems = new Problems();

    private Policies read(String json) {
        return Policies.read(Json.parse(json.replace('\'', '"')), problems);
    }

    @Test
    void aLevelSaysWhatItSaysAndIsLikeTheOthersOtherwise() {
        Policies policies =
                read(
                        "{'levels':{'0':{'handshake':4},'7':{'connIdle':120,'uplinkOnly':1,"
                                + "'downlinkOnly':2,'bufferSize':64,'statsUserUplink':true}}}");

        assertThat(policies.of(0)).isEqualTo(new Policy(4, 300, 300, 300, -1));
        assertThat(policies.of(7)).isEqualTo(new Policy(60, 120, 1, 2, 64 << 10));
        assertThat(policies.of(1)).isEqualTo(Policy.DEFAULT);
        assertThat(problems.errors()).isEmpty();
        assertThat(problems.warnings()).isEmpty();
    }

    @Test
    void aNullLevelIsNone() {
        assertThat(read("{'levels':{'0':null}}").of(0)).isEqualTo(Policy.DEFAULT);
        assertThat(problems.errors()).isEmpty();
    }

    @Test
    void aLevelIsANumber() {
        read("{'levels':{'high':{},'-1':{},'1':5}}");

        assertThat(problems.errors())
                .extracting(Object::toString)
                .containsExactly(
                        "test.json: levels.high: a level is a whole number, not \"high\"",
                        "test.json: levels.-1: a level is a whole number, not \"-1\"",
                        "test.json: levels.1: must be an object, not a number");
    }

    @Test
    void aBufferOfZeroIsASmallOne() {
        Policy policy = read("{'levels':{'0':{'bufferSize':0}}}").of(0);
        EmbeddedChannel channel = new EmbeddedChannel();

        policy.bound(channel);

        assertThat(policy.bufferSize()).isEqualTo(Policy.SMALL_BUFFER);
        assertThat(channel.config().getWriteBufferHighWaterMark()).isEqualTo(Policy.SMALL_BUFFER);
    }

    @Test
    void withoutABufferSizeChannelsStayAsTheyAre() {
        EmbeddedChannel channel = new EmbeddedChannel();
        int before = channel.config().getWriteBufferHighWaterMark();

        read("{'levels':{'0':{'bufferSize':-1}}}").of(0).bound(channel);

        assertThat(channel.config().getWriteBufferHighWaterMark()).isEqualTo(before);
    }
}
