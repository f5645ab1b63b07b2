package millrace;

import java.util.regex.Pattern;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** StreamsBuilder. */
final class BuilderOperators {
    private static final Keys PLAIN = new Keys.Plain();

    private BuilderOperators() {}

    static void register() {
        Operators.addRekeying("StreamsBuilder.stream", (from, step, scope) -> {
            final Consumed<Object, Object> consumed = Options.consumed(step);
            return new Scope.Made(
                step.has("pattern")
                    ? scope.builder.stream(Pattern.compile(step.text("pattern")), consumed)
                    : scope.builder.stream(step.texts("topic"), consumed),
                PLAIN
            );
        });
        Operators.addRekeying("StreamsBuilder.table", (from, step, scope) -> {
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            return new Scope.Made(
                store == null
                    ? scope.builder.table(step.text("topic"), Options.consumed(step))
                    : scope.builder.table(step.text("topic"), Options.consumed(step), store),
                PLAIN
            );
        });
        Operators.addRekeying("StreamsBuilder.globalTable", (from, step, scope) -> {
            final Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store = Options.materialized(step);
            return new Scope.Made(
                store == null
                    ? scope.builder.globalTable(step.text("topic"), Options.consumed(step))
                    : scope.builder.globalTable(step.text("topic"), Options.consumed(step), store),
                PLAIN
            );
        });
        Operators.addRekeying("StreamsBuilder.addStateStore", (from, step, scope) -> {
            scope.builder.addStateStore(Processors.store(step));
            return null;
        });
        Operators.addRekeying("StreamsBuilder.addGlobalStore", (from, step, scope) -> {
            scope.builder.addGlobalStore(
                Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(step.text("store")), Options.ANY, Options.ANY).withLoggingDisabled(),
                step.text("topic"), Options.consumed(step), Processors.global(step));
            return null;
        });
    }
}
