package io.culvert.proxy;

import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All inbounds or all outbounds of a running proxy, and the way from one plan to the next: {@link
 * #prepare}, then {@link #commit} or {@link #rollback}. What is the same in both plans goes on
 * untouched, and what only has other users or another way below is told of it. Not thread-safe.
 *
 * @param <P> their plans
 */
final class Fleet<P extends Plan.Part, H extends Lifecycle<?>> {
    private static final long CLOSE_SECONDS = 5;

    /** One of them, and what it was made from. */
    record Member<P, H>(P plan, H handler) {}

    /** How one goes from one plan to another in which what is fixed is the same. */
    interface Update<P, H> {
        /**
         * Makes what is to be run once it is certain that the other plan counts.
         *
         * @return null if it can't be done
         */
        @Nullable Runnable of(H handler, P before, P next);
    }

    private final Update<P, H> update;
    private List<Member<P, H>> members = List.of();

    /** The fleet to be; the present one while nothing is prepared. */
    private List<Member<P, H>> next = List.of();

    private final List<Member<P, H>> made = new ArrayList<>();
    private final List<Member<P, H>> leaving = new ArrayList<>();
    private final List<Runnable> updates = new ArrayList<>();

    /** Those that leave were closed before the end, because they were in the way. */
    private boolean vacated;

    Fleet(Update<P, H> update) {
        this.update = update;
    }

    /** In the order of the file. */
    List<H> handlers() {
        return members.stream().map(Member::handler).toList();
    }

    /** Those to be. */
    List<H> nextHandlers() {
        return next.stream().map(Member::handler).toList();
    }

    /**
     * Starts what the plans have and the fleet has not. Where one can't start because one that
     * leaves has its port, that is closed before.
     *
     * @param mustGo those that can't stay even if nothing is said about them that is new
     * @throws StartException if one can't start; {@link #rollback} has to follow
     */
    void prepare(List<P> plans, Predicate<H> mustGo, Function<P, H> make) throws StartException {
        leaving.addAll(members);
        List<@Nullable Member<P, H>> kept = new ArrayList<>();
        for (P plan : plans) {
            kept.add(
                    take(
                            mustGo,
                            plan,
                            (a, b) -> a.fingerprint().whole().equals(b.fingerprint().whole())));
        }
        for (int i = 0; i < plans.size(); i++) {
            if (kept.get(i) == null) {
                kept.set(i, updated(mustGo, plans.get(i)));
            }
        }
        List<Member<P, H>> all = new ArrayList<>();
        for (int i = 0; i < plans.size(); i++) {
            Member<P, H> member = kept.get(i);
            all.add(member == null ? started(plans.get(i), make) : member);
        }
        next = List.copyOf(all);
    }

    /** The member for the plan among those that would leave, which then stays. */
    private @Nullable Member<P, H> take(Predicate<H> mustGo, P plan, BiPredicate<P, P> same) {
        for (Member<P, H> member : leaving) {
            if (member.plan().tag().equals(plan.tag())
                    && same.test(member.plan(), plan)
                    && !mustGo.test(member.handler())) {
                leaving.remove(member);
                return member;
            }
        }
        return null;
    }

    private @Nullable Member<P, H> updated(Predicate<H> mustGo, P plan) {
        Member<P, H> member =
                take(
                        mustGo,
                        plan,
                        (a, b) -> a.fingerprint().fixed().equals(b.fingerprint().fixed()));
        if (member == null) {
            return null;
        }
        Runnable change = update.of(member.handler(), member.plan(), plan);
        if (change == null) {
            leaving.add(member);
            return null;
        }
        updates.add(change);
        return new Member<>(plan, member.handler());
    }

    private Member<P, H> started(P plan, Function<P, H> make) throws StartException {
        try {
            return start(plan, make);
        } catch (StartException e) {
            if (vacated || leaving.isEmpty()) {
                throw e;
            }
            vacated = true;
            close(leaving);
            return start(plan, make);
        }
    }

    private Member<P, H> start(P plan, Function<P, H> make) throws StartException {
        Member<P, H> member = new Member<>(plan, make.apply(plan));
        try {
            member.handler().start();
        } catch (StartException e) {
            close(List.of(member));
            throw e;
        }
        made.add(member);
        return member;
    }

    /** The new fleet counts from now on; {@link #dismiss} has to follow. */
    void commit() {
        updates.forEach(Runnable::run);
        members = next;
    }

    /** Closes those that are no longer members. Returns when they are gone, or do not go. */
    void dismiss() {
        if (!vacated) {
            close(leaving);
        }
        forget();
    }

    /**
     * As it was: starts again what had to make room.
     *
     * @param mustGo those that need to be started again anyway
     */
    void rollback(Predicate<H> mustGo, Function<P, H> make) {
        close(made);
        made.clear();
        List<Member<P, H>> all = new ArrayList<>();
        for (Member<P, H> member : members) {
            if (mustGo.test(member.handler())) {
                close(List.of(member));
                all.add(restarted(member, make));
            } else {
                boolean left = vacated && leaving.contains(member);
                all.add(left ? restarted(member, make) : member);
            }
        }
        members = List.copyOf(all);
        next = members;
        forget();
    }

    private Member<P, H> restarted(Member<P, H> member, Function<P, H> make) {
        Member<P, H> again = new Member<>(member.plan(), make.apply(member.plan()));
        try {
            again.handler().start();
        } catch (StartException e) {
            Log.warning("does not work any more: " + e.getMessage());
        }
        return again;
    }

    private void forget() {
        made.clear();
        leaving.clear();
        updates.clear();
        vacated = false;
    }

    /** Ends all. They remain members, for what is to be said of them. */
    void close() {
        close(members);
    }

    private static <P, H extends Lifecycle<?>> void close(List<Member<P, H>> members) {
        await(members.stream().<Future<?>>map(member -> member.handler().close()).toList());
    }

    static void await(List<Future<?>> endings) {
        for (Future<?> ending : endings) {
            if (!ending.awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                Log.warning("something does not close in time");
            }
        }
    }

    /** How many go on untouched, are told of other users, are new, and leave, in words. */
    String summary() {
        return (next.size() - made.size() - updates.size())
                + " unchanged, "
                + updates.size()
                + " with other users or another way, "
                + made.size()
                + " new, "
                + leaving.size()
                + " gone";
    }
}
