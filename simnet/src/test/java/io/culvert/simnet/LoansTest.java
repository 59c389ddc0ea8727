package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class LoansTest {
    private final Loans loans = new Loans();

    @Test
    void memoryThatComesBackIsOverwritten() {
        Loans.Loan loan = loans.lend(10);
        loan.memory().set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        loan.release();
        assertThat(loan.memory().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 0xDD);
    }

    @Test
    void countsWhatIsOut() {
        Loans.Loan first = loans.lend(10);
        Loans.Loan second = loans.lend(Loans.LARGE);
        assertThat(loans.outstanding()).isEqualTo(2);
        first.release();
        second.release();
        assertThat(loans.outstanding()).isZero();
        assertThat(loans.lend(20)).isSameAs(first);
    }

    @Test
    void comesBackOnlyOnce() {
        Loans.Loan loan = loans.lend(10);
        loan.release();
        assertThatThrownBy(loan::release).isInstanceOf(IllegalStateException.class);
    }
}
