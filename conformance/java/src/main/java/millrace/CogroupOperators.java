package millrace;

import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.CogroupedKStream;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.SessionWindowedCogroupedKStream;
import org.apache.kafka.streams.kstream.TimeWindowedCogroupedKStream;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.WindowStore;

/** cogroup, with and without windows. */
final class CogroupOperators {
    private CogroupOperators() {}

    @SuppressWarnings("unchecked")
    static void register() {
        Operators.<KGroupedStream<Object, Object>>add("KGroupedStream.cogroup", (from, step, scope) ->
            from.cogroup(GroupOperators.aggregator(step.expression("value"))));
        Operators.<CogroupedKStream<Object, Object>>add("CogroupedKStream.cogroup(KGroupedStream)", (from, step, scope) ->
            from.cogroup((KGroupedStream<Object, Object>) scope.get(step.text("with")).object(), GroupOperators.aggregator(step.expression("value"))));
        Operators.<CogroupedKStream<Object, Object>>add("CogroupedKStream.aggregate", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            final var initial = GroupOperators.initializer(step);
            if (named != null) return store == null ? from.aggregate(initial, named) : from.aggregate(initial, named, store);
            return store == null ? from.aggregate(initial) : from.aggregate(initial, store);
        });
        Operators.<TimeWindowedCogroupedKStream<Object, Object>>add("TimeWindowedCogroupedKStream.aggregate", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Object, WindowStore<Bytes, byte[]>> store = withKeys(Options.materialized(step));
            final var initial = GroupOperators.initializer(step);
            return named == null ? from.aggregate(initial, store) : from.aggregate(initial, named, store);
        });
        Operators.<SessionWindowedCogroupedKStream<Object, Object>>add("SessionWindowedCogroupedKStream.aggregate", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Object, SessionStore<Bytes, byte[]>> store = withKeys(Options.materialized(step));
            final var initial = GroupOperators.initializer(step);
            final var merge = WindowOperators.merger(step);
            return named == null ? from.aggregate(initial, merge, store) : from.aggregate(initial, merge, named, store);
        });
    }

    /** A cogroup does not tell its windows the serde of its streams' keys. */
    private static <S extends StateStore> Materialized<Object, Object, S> withKeys(final Materialized<Object, Object, S> given) {
        return given == null ? Materialized.with(Options.ANY, Options.ANY) : given.withKeySerde(Options.ANY);
    }
}
