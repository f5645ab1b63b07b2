package millrace;

import java.time.Duration;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.CogroupedKStream;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Merger;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.SessionWindowedKStream;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.TimeWindowedKStream;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.UnlimitedWindows;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.WindowStore;

/** windowedBy and what follows it. */
final class WindowOperators {
    private WindowOperators() {}

    static void register() {
        Operators.<KGroupedStream<Object, Object>>addRekeying("KGroupedStream.windowedBy", (from, step, scope) ->
            switch (step.text("windows")) {
                case "time" -> new Scope.Made(from.windowedBy(time(step)), new Keys.TimeWindowed(step.millis("sizeMs")));
                case "unlimited" -> new Scope.Made(from.windowedBy(unlimited(step)), new Keys.TimeWindowed(Duration.ofMillis(Long.MAX_VALUE)));
                case "sliding" -> new Scope.Made(from.windowedBy(sliding(step)), new Keys.TimeWindowed(step.millis("differenceMs")));
                default -> new Scope.Made(from.windowedBy(session(step)), new Keys.SessionWindowed());
            });
        Operators.<CogroupedKStream<Object, Object>>addRekeying("CogroupedKStream.windowedBy", (from, step, scope) ->
            switch (step.text("windows")) {
                case "time" -> new Scope.Made(from.windowedBy(time(step)), new Keys.TimeWindowed(step.millis("sizeMs")));
                case "unlimited" -> new Scope.Made(from.windowedBy(unlimited(step)), new Keys.TimeWindowed(Duration.ofMillis(Long.MAX_VALUE)));
                case "sliding" -> new Scope.Made(from.windowedBy(sliding(step)), new Keys.TimeWindowed(step.millis("differenceMs")));
                default -> new Scope.Made(from.windowedBy(session(step)), new Keys.SessionWindowed());
            });
        timeWindowed();
        sessionWindowed();
    }

    private static void timeWindowed() {
        Operators.<TimeWindowedKStream<Object, Object>>add("TimeWindowedKStream.emitStrategy", (from, step, scope) -> from.emitStrategy(strategy(step)));
        Operators.<TimeWindowedKStream<Object, Object>>add("TimeWindowedKStream.count", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Long, WindowStore<Bytes, byte[]>> store = GroupOperators.counts(step);
            if (named != null) return store == null ? from.count(named) : from.count(named, store);
            return store == null ? from.count() : from.count(store);
        });
        Operators.<TimeWindowedKStream<Object, Object>>add("TimeWindowedKStream.reduce", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Object, WindowStore<Bytes, byte[]>> store = Options.materialized(step);
            final var reducer = GroupOperators.reducer(step.expression("value"));
            if (named != null) return store == null ? from.reduce(reducer, named) : from.reduce(reducer, named, store);
            return store == null ? from.reduce(reducer) : from.reduce(reducer, store);
        });
        Operators.<TimeWindowedKStream<Object, Object>>add("TimeWindowedKStream.aggregate", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Object, WindowStore<Bytes, byte[]>> store = Options.materialized(step);
            final var initial = GroupOperators.initializer(step);
            final var add = GroupOperators.aggregator(step.expression("value"));
            if (named != null) return store == null ? from.aggregate(initial, add, named) : from.aggregate(initial, add, named, store);
            return store == null ? from.aggregate(initial, add) : from.aggregate(initial, add, store);
        });
    }

    private static void sessionWindowed() {
        Operators.<SessionWindowedKStream<Object, Object>>add("SessionWindowedKStream.emitStrategy", (from, step, scope) -> from.emitStrategy(strategy(step)));
        Operators.<SessionWindowedKStream<Object, Object>>add("SessionWindowedKStream.count", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Long, SessionStore<Bytes, byte[]>> store = GroupOperators.counts(step);
            if (named != null) return store == null ? from.count(named) : from.count(named, store);
            return store == null ? from.count() : from.count(store);
        });
        Operators.<SessionWindowedKStream<Object, Object>>add("SessionWindowedKStream.reduce", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Object, SessionStore<Bytes, byte[]>> store = Options.materialized(step);
            final var reducer = GroupOperators.reducer(step.expression("value"));
            if (named != null) return store == null ? from.reduce(reducer, named) : from.reduce(reducer, named, store);
            return store == null ? from.reduce(reducer) : from.reduce(reducer, store);
        });
        Operators.<SessionWindowedKStream<Object, Object>>add("SessionWindowedKStream.aggregate", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Object, SessionStore<Bytes, byte[]>> store = Options.materialized(step);
            final var initial = GroupOperators.initializer(step);
            final var add = GroupOperators.aggregator(step.expression("value"));
            final var merge = merger(step);
            if (named != null) return store == null ? from.aggregate(initial, add, merge, named) : from.aggregate(initial, add, merge, named, store);
            return store == null ? from.aggregate(initial, add, merge) : from.aggregate(initial, add, merge, store);
        });
    }

    static Merger<Object, Object> merger(final Step step) {
        final Expression merge = step.expression("merge");
        return (k, aggregate, other) -> merge.of("key", k, "aggregate", aggregate, "other", other);
    }

    private static TimeWindows time(final Step step) {
        final TimeWindows windows = TimeWindows.ofSizeAndGrace(step.millis("sizeMs"), step.millisOr("graceMs", 0));
        return step.has("advanceMs") ? windows.advanceBy(step.millis("advanceMs")) : windows;
    }

    private static UnlimitedWindows unlimited(final Step step) {
        final UnlimitedWindows windows = UnlimitedWindows.of();
        return step.has("startMs") ? windows.startOn(java.time.Instant.ofEpochMilli(step.number("startMs"))) : windows;
    }

    private static SlidingWindows sliding(final Step step) {
        return SlidingWindows.ofTimeDifferenceAndGrace(step.millis("differenceMs"), step.millisOr("graceMs", 0));
    }

    private static SessionWindows session(final Step step) {
        return SessionWindows.ofInactivityGapAndGrace(step.millis("gapMs"), step.millisOr("graceMs", 0));
    }

    private static EmitStrategy strategy(final Step step) {
        return step.text("when").equals("close") ? EmitStrategy.onWindowClose() : EmitStrategy.onWindowUpdate();
    }
}
