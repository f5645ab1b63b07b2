package millrace;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.state.KeyValueStore;

/** KStream, without its joins. */
final class StreamOperators {
    private static final Keys PLAIN = new Keys.Plain();

    private StreamOperators() {}

    static void register() {
        values();
        keys();
        ends();
    }

    private static void values() {
        Operators.<KStream<Object, Object>>add("KStream.filter", (from, step, scope) -> {
            final Expression when = step.expression("when");
            return step.has("name")
                ? from.filter((k, v) -> when.holds("key", k, "value", v), Options.named(step))
                : from.filter((k, v) -> when.holds("key", k, "value", v));
        });
        Operators.<KStream<Object, Object>>add("KStream.filterNot", (from, step, scope) -> {
            final Expression when = step.expression("when");
            return step.has("name")
                ? from.filterNot((k, v) -> when.holds("key", k, "value", v), Options.named(step))
                : from.filterNot((k, v) -> when.holds("key", k, "value", v));
        });
        Operators.<KStream<Object, Object>>add("KStream.mapValues", (from, step, scope) -> {
            final Expression value = step.expression("value");
            return step.has("name")
                ? from.mapValues((k, v) -> value.of("key", k, "value", v), Options.named(step))
                : from.mapValues((k, v) -> value.of("key", k, "value", v));
        });
        Operators.<KStream<Object, Object>>add("KStream.flatMapValues", (from, step, scope) -> {
            final Expression values = step.expression("values");
            return step.has("name")
                ? from.flatMapValues((k, v) -> (List<?>) values.of("key", k, "value", v), Options.named(step))
                : from.flatMapValues((k, v) -> (List<?>) values.of("key", k, "value", v));
        });
        Operators.<KStream<Object, Object>>add("KStream.peek", (from, step, scope) ->
            step.has("name") ? from.peek((k, v) -> { }, Options.named(step)) : from.peek((k, v) -> { }));
        Operators.<KStream<Object, Object>>add("KStream.merge(KStream)", (from, step, scope) -> {
            @SuppressWarnings("unchecked")
            final KStream<Object, Object> other = (KStream<Object, Object>) scope.get(step.text("with")).object();
            return step.has("name") ? from.merge(other, Options.named(step)) : from.merge(other);
        });
        Operators.<KStream<Object, Object>>add("KStream.repartition", (from, step, scope) -> {
            Repartitioned<Object, Object> repartitioned = Repartitioned.with(null, Options.ANY);
            if (step.has("name")) repartitioned = repartitioned.withName(step.text("name"));
            if (step.has("partitions")) repartitioned = repartitioned.withNumberOfPartitions(step.number("partitions"));
            return from.repartition(repartitioned.withStreamPartitioner(Partitioners.of(step)));
        });
        Operators.<KStream<Object, Object>>add("KStream.toTable", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (named != null) return store == null ? from.toTable(named) : from.toTable(named, store);
            return store == null ? from.toTable() : from.toTable(store);
        });
    }

    private static void keys() {
        Operators.<KStream<Object, Object>>addRekeying("KStream.map", (from, step, scope) -> {
            final Expression key = step.expression("key");
            final Expression value = step.expression("value");
            return plain(step.has("name")
                ? from.map((k, v) -> pair(key, value, k, v), Options.named(step))
                : from.map((k, v) -> pair(key, value, k, v)));
        });
        Operators.<KStream<Object, Object>>addRekeying("KStream.flatMap", (from, step, scope) -> {
            final List<Step> pairs = step.steps("pairs");
            return plain(step.has("name")
                ? from.flatMap((k, v) -> pairs(pairs, k, v), Options.named(step))
                : from.flatMap((k, v) -> pairs(pairs, k, v)));
        });
        Operators.<KStream<Object, Object>>addRekeying("KStream.selectKey", (from, step, scope) -> {
            final Expression key = step.expression("key");
            return plain(step.has("name")
                ? from.selectKey((k, v) -> key.of("key", k, "value", v), Options.named(step))
                : from.selectKey((k, v) -> key.of("key", k, "value", v)));
        });
        Operators.<KStream<Object, Object>>addRekeying("KStream.groupBy", (from, step, scope) -> {
            final Expression key = step.expression("key");
            return plain(from.groupBy((k, v) -> key.of("key", k, "value", v), Grouped.with(step.textOr("name", null), Options.ANY, Options.ANY)));
        });
    }

    private static void ends() {
        Operators.<KStream<Object, Object>>add("KStream.foreach", (from, step, scope) -> {
            if (step.has("name")) from.foreach((k, v) -> { }, Options.named(step));
            else from.foreach((k, v) -> { });
            return null;
        });
        Operators.<KStream<Object, Object>>add("KStream.to", (from, step, scope) -> {
            Produced<Object, Object> produced = Produced.with(null, Options.ANY);
            if (step.has("name")) produced = produced.withName(step.text("name"));
            produced = produced.withStreamPartitioner(Partitioners.of(step));
            if (step.has("topicBy")) {
                final Expression topic = step.expression("topicBy");
                from.to((k, v, context) -> (String) topic.of("key", k, "value", v), produced);
            } else {
                scope.sinks.put(step.text("topic"), scope.keys());
                from.to(step.text("topic"), produced);
            }
            return null;
        });
    }

    private static Scope.Made plain(final Object object) {
        return new Scope.Made(object, PLAIN);
    }

    private static KeyValue<Object, Object> pair(final Expression key, final Expression value, final Object k, final Object v) {
        return KeyValue.pair(key.of("key", k, "value", v), value.of("key", k, "value", v));
    }

    private static List<KeyValue<Object, Object>> pairs(final List<Step> pairs, final Object k, final Object v) {
        final List<KeyValue<Object, Object>> results = new ArrayList<>();
        for (final Step pair : pairs) results.add(pair(pair.expression("key"), pair.expression("value"), k, v));
        return results;
    }
}
