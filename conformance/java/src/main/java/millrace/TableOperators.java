package millrace;

import java.time.Duration;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Predicate;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.ValueMapperWithKey;
import org.apache.kafka.streams.state.KeyValueStore;

/** KTable, without its joins. */
final class TableOperators {
    private static final Keys PLAIN = new Keys.Plain();

    private TableOperators() {}

    static void register() {
        derived();
        Operators.<KTable<Object, Object>>addRekeying("KTable.toStream", (from, step, scope) -> {
            final Named named = Options.named(step);
            if (!step.has("key")) return new Scope.Made(named == null ? from.toStream() : from.toStream(named), scope.keys());
            final Expression key = step.expression("key");
            return new Scope.Made(
                named == null
                    ? from.toStream((k, v) -> key.of("key", k, "value", v))
                    : from.toStream((k, v) -> key.of("key", k, "value", v), named),
                PLAIN
            );
        });
        Operators.<KTable<Object, Object>>addRekeying("KTable.groupBy", (from, step, scope) -> {
            final Expression key = step.expression("key");
            final Expression value = step.expression("value");
            return new Scope.Made(
                from.groupBy(
                    (k, v) -> KeyValue.pair(key.of("key", k, "value", v), value.of("key", k, "value", v)),
                    Grouped.with(step.textOr("name", null), Options.ANY, Options.ANY)
                ),
                PLAIN
            );
        });
        Operators.<KTable<Object, Object>>add("KTable.suppress", (from, step, scope) -> from.suppress(suppressed(step)));
    }

    private static void derived() {
        Operators.<KTable<Object, Object>>add("KTable.filter", (from, step, scope) -> {
            final Expression when = step.expression("when");
            final Predicate<Object, Object> predicate = (k, v) -> when.holds("key", k, "value", v);
            final Named named = Options.named(step);
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (store == null) return named == null ? from.filter(predicate) : from.filter(predicate, named);
            return named == null ? from.filter(predicate, store) : from.filter(predicate, named, store);
        });
        Operators.<KTable<Object, Object>>add("KTable.filterNot", (from, step, scope) -> {
            final Expression when = step.expression("when");
            final Predicate<Object, Object> predicate = (k, v) -> when.holds("key", k, "value", v);
            final Named named = Options.named(step);
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (store == null) return named == null ? from.filterNot(predicate) : from.filterNot(predicate, named);
            return named == null ? from.filterNot(predicate, store) : from.filterNot(predicate, named, store);
        });
        Operators.<KTable<Object, Object>>add("KTable.mapValues", (from, step, scope) -> {
            final Expression value = step.expression("value");
            final ValueMapperWithKey<Object, Object, Object> mapper = (k, v) -> value.of("key", k, "value", v);
            final Named named = Options.named(step);
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (store == null) return named == null ? from.mapValues(mapper) : from.mapValues(mapper, named);
            return named == null ? from.mapValues(mapper, store) : from.mapValues(mapper, named, store);
        });
        Operators.<KTable<Object, Object>>add("KTable.transformValues", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            final String[] stores = step.texts("stores").toArray(new String[0]);
            if (store == null) {
                return named == null
                    ? from.transformValues(Processors.valueTransformer(step), stores)
                    : from.transformValues(Processors.valueTransformer(step), named, stores);
            }
            return named == null
                ? from.transformValues(Processors.valueTransformer(step), store, stores)
                : from.transformValues(Processors.valueTransformer(step), store, named, stores);
        });
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Suppressed<Object> suppressed(final Step step) {
        Suppressed suppressed;
        if (step.text("until").equals("windowCloses")) {
            suppressed = Suppressed.untilWindowCloses((Suppressed.StrictBufferConfig) buffer(step, true));
        } else {
            final boolean shutDown = step.textOr("whenFull", "emit").equals("shutDown");
            suppressed = Suppressed.untilTimeLimit(Duration.ofMillis(step.number("limitMs")), buffer(step, shutDown));
        }
        return step.has("name") ? suppressed.withName(step.text("name")) : suppressed;
    }

    private static Suppressed.BufferConfig<?> buffer(final Step step, final boolean shutDown) {
        Suppressed.BufferConfig<?> buffer = Suppressed.BufferConfig.unbounded();
        if (step.has("maxRecords")) buffer = Suppressed.BufferConfig.maxRecords(step.number("maxRecords"));
        if (step.has("maxBytes")) {
            buffer = buffer instanceof Suppressed.EagerBufferConfig eager
                ? eager.withMaxBytes(step.number("maxBytes"))
                : Suppressed.BufferConfig.maxBytes(step.number("maxBytes"));
        }
        if (shutDown) buffer = buffer.shutDownWhenFull();
        return step.has("logging") ? buffer.withLoggingDisabled() : buffer;
    }
}
