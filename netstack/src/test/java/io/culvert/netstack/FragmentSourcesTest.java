package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FragmentSourcesTest {
    private final FragmentSources sources = new FragmentSources(new SipHash(1, 2));

    @Test
    void aPartyHasOneEntryWhicheverItsPlace() {
        List<FragmentSource> all = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            FragmentSource s = sources.of(i % 3, i / 3);
            s.datagrams = 1;
            all.add(s);
        }
        assertThat(new HashSet<>(all)).hasSize(2000);
        for (int i = 0; i < 2000; i++) {
            assertThat(sources.of(i % 3, i / 3)).isSameAs(all.get(i));
        }
    }

    @Test
    void anEntryIsUsedAgainWhenItsPartyHasNoDatagrams() {
        FragmentSource first = sources.of(1, 2);
        first.datagrams = 1;
        sources.releaseIfUnused(first);
        assertThat(sources.of(1, 2)).as("it has one").isSameAs(first);
        assertThat(sources.of(3, 4)).isNotSameAs(first);
        first.datagrams = 0;
        sources.releaseIfUnused(first);
        FragmentSource other = sources.of(5, 6);
        assertThat(other).isSameAs(first);
        other.datagrams = 1;
        assertThat(sources.of(1, 2)).isNotSameAs(first);
        assertThat(sources.of(5, 6)).isSameAs(other);
    }

    @Test
    void leavingTheChainOfAPlaceLeavesTheOthersThere() {
        List<FragmentSource> all = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            FragmentSource s = sources.of(7, i);
            s.datagrams = 1;
            all.add(s);
        }
        Set<FragmentSource> gone = new HashSet<>();
        for (int i = 0; i < 2000; i += 3) {
            all.get(i).datagrams = 0;
            sources.releaseIfUnused(all.get(i));
            gone.add(all.get(i));
        }
        for (int i = 0; i < 2000; i++) {
            if (i % 3 != 0) {
                assertThat(sources.of(7, i)).isSameAs(all.get(i));
            }
        }
        for (int i = 0; i < gone.size(); i++) {
            FragmentSource s = sources.of(8, i);
            s.datagrams = 1;
            assertThat(gone).as("none is made while there are old ones").contains(s);
            assertThat(s.hi).isEqualTo(8);
            assertThat(s.lo).isEqualTo(i);
        }
        assertThat(gone).doesNotContain(sources.of(9, 9));
    }

    @Test
    void whoIsForgottenTwiceIsForgottenOnce() {
        FragmentSource s = sources.of(1, 2);
        sources.releaseIfUnused(s);
        sources.releaseIfUnused(s);
        FragmentSource a = sources.of(3, 4);
        FragmentSource b = sources.of(5, 6);
        assertThat(a).isNotSameAs(b);
    }
}
