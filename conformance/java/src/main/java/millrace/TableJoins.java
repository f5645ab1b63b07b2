package millrace;

import java.util.function.BiFunction;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.TableJoined;
import org.apache.kafka.streams.kstream.ValueJoiner;
import org.apache.kafka.streams.state.KeyValueStore;

/** Joins of two tables, on the key and on a foreign key. */
final class TableJoins {
    private TableJoins() {}

    static void register() {
        primary();
        foreign();
    }

    private static void primary() {
        Operators.<KTable<Object, Object>>add("KTable.join(KTable)", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (store == null) return named == null ? from.join(with(step, scope), joiner(step)) : from.join(with(step, scope), joiner(step), named);
            return named == null ? from.join(with(step, scope), joiner(step), store) : from.join(with(step, scope), joiner(step), named, store);
        });
        Operators.<KTable<Object, Object>>add("KTable.leftJoin(KTable)", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (store == null) return named == null ? from.leftJoin(with(step, scope), joiner(step)) : from.leftJoin(with(step, scope), joiner(step), named);
            return named == null ? from.leftJoin(with(step, scope), joiner(step), store) : from.leftJoin(with(step, scope), joiner(step), named, store);
        });
        Operators.<KTable<Object, Object>>add("KTable.outerJoin(KTable)", (from, step, scope) -> {
            final Named named = Options.named(step);
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (store == null) return named == null ? from.outerJoin(with(step, scope), joiner(step)) : from.outerJoin(with(step, scope), joiner(step), named);
            return named == null ? from.outerJoin(with(step, scope), joiner(step), store) : from.outerJoin(with(step, scope), joiner(step), named, store);
        });
    }

    private static void foreign() {
        Operators.<KTable<Object, Object>>add("KTable.join(KTable)ByForeignKey", (from, step, scope) -> {
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (store == null) return from.join(with(step, scope), foreignKey(step), joiner(step), joined(step));
            return from.join(with(step, scope), foreignKey(step), joiner(step), joined(step), store);
        });
        Operators.<KTable<Object, Object>>add("KTable.leftJoin(KTable)ByForeignKey", (from, step, scope) -> {
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            if (store == null) return from.leftJoin(with(step, scope), foreignKey(step), joiner(step), joined(step));
            return from.leftJoin(with(step, scope), foreignKey(step), joiner(step), joined(step), store);
        });
    }

    @SuppressWarnings("unchecked")
    private static KTable<Object, Object> with(final Step step, final Scope scope) {
        return (KTable<Object, Object>) scope.get(step.text("with")).object();
    }

    private static ValueJoiner<Object, Object, Object> joiner(final Step step) {
        final Expression value = step.expression("value");
        return (left, right) -> value.of("left", left, "right", right);
    }

    private static BiFunction<Object, Object, Object> foreignKey(final Step step) {
        final Expression foreignKey = step.expression("foreignKey");
        return (key, value) -> foreignKey.of("key", key, "value", value);
    }

    private static TableJoined<Object, Object> joined(final Step step) {
        return TableJoined.<Object, Object>as(step.textOr("name", null)).withPartitioner(Partitioners.of(step)).withOtherPartitioner(Partitioners.of(step));
    }
}
