package millrace;

import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Aggregator;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Initializer;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KGroupedTable;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Reducer;
import org.apache.kafka.streams.state.KeyValueStore;

/** KGroupedStream and KGroupedTable. */
final class GroupOperators {
    private GroupOperators() {}

    static void register() {
        Operators.<KStream<Object, Object>>add("KStream.groupByKey", (from, step, scope) ->
            step.has("name")
                ? from.groupByKey(Grouped.with(step.text("name"), scope.keys().serde(), Options.ANY))
                : step.has("serdes") ? from.groupByKey(Grouped.with(scope.keys().serde(), Options.ANY)) : from.groupByKey());
        stream();
        table();
    }

    private static void stream() {
        Operators.<KGroupedStream<Object, Object>>add("KGroupedStream.count", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Long, KeyValueStore<Bytes, byte[]>> store = counts(step);
            if (named != null) return store == null ? from.count(named) : from.count(named, store);
            return store == null ? from.count() : from.count(store);
        });
        Operators.<KGroupedStream<Object, Object>>add("KGroupedStream.reduce", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Reducer<Object> reducer = reducer(step.expression("value"));
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (named != null) return from.reduce(reducer, named, store == null ? Materialized.with(null, null) : store);
            return store == null ? from.reduce(reducer) : from.reduce(reducer, store);
        });
        Operators.<KGroupedStream<Object, Object>>add("KGroupedStream.aggregate", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Initializer<Object> initial = initializer(step);
            final Aggregator<Object, Object, Object> add = aggregator(step.expression("value"));
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (named != null) return from.aggregate(initial, add, named, store == null ? Materialized.with(null, null) : store);
            return store == null ? from.aggregate(initial, add) : from.aggregate(initial, add, store);
        });
    }

    private static void table() {
        Operators.<KGroupedTable<Object, Object>>add("KGroupedTable.count", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Long, KeyValueStore<Bytes, byte[]>> store = counts(step);
            if (named != null) return store == null ? from.count(named) : from.count(named, store);
            return store == null ? from.count() : from.count(store);
        });
        Operators.<KGroupedTable<Object, Object>>add("KGroupedTable.reduce", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Reducer<Object> add = reducer(step.expression("add"));
            final Reducer<Object> subtract = reducer(step.expression("subtract"));
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (named != null) return from.reduce(add, subtract, named, store == null ? Materialized.with(null, null) : store);
            return store == null ? from.reduce(add, subtract) : from.reduce(add, subtract, store);
        });
        Operators.<KGroupedTable<Object, Object>>add("KGroupedTable.aggregate", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Initializer<Object> initial = initializer(step);
            final Aggregator<Object, Object, Object> add = aggregator(step.expression("add"));
            final Aggregator<Object, Object, Object> subtract = aggregator(step.expression("subtract"));
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (named != null) return store == null ? from.aggregate(initial, add, subtract, named) : from.aggregate(initial, add, subtract, named, store);
            return store == null ? from.aggregate(initial, add, subtract) : from.aggregate(initial, add, subtract, store);
        });
    }

    static Initializer<Object> initializer(final Step step) {
        final Expression initial = step.expression("initial");
        return initial::of;
    }

    static Reducer<Object> reducer(final Expression value) {
        return (aggregate, v) -> value.of("aggregate", aggregate, "value", v);
    }

    static Aggregator<Object, Object, Object> aggregator(final Expression value) {
        return (k, v, aggregate) -> value.of("key", k, "value", v, "aggregate", aggregate);
    }

    /** A count's Materialized knows that its values are longs. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    static <S extends org.apache.kafka.streams.processor.StateStore> Materialized<Object, Long, S> counts(final Step step) {
        return (Materialized) Options.materialized(step);
    }
}
