package millrace;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;
import org.apache.kafka.streams.state.Stores;

/** A step's options as the objects of the DSL. */
final class Options {
    static final Serde<Object> ANY = new AnySerde();

    private Options() {}

    static Named named(final Step step) {
        return step.has("name") ? Named.as(step.text("name")) : null;
    }

    static Consumed<Object, Object> consumed(final Step step) {
        Consumed<Object, Object> consumed = Consumed.with(ANY, ANY);
        if (step.has("name")) consumed = consumed.withName(step.text("name"));
        if (step.has("timestamps")) consumed = consumed.withTimestampExtractor(Timestamps.extractor(step.text("timestamps")));
        return consumed;
    }

    /** Null where the step says nothing about a store, since Materialized counts in the names. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    static <S extends StateStore> Materialized<Object, Object, S> materialized(final Step step) {
        if (!step.has("store") && !step.has("caching") && !step.has("logging") && !step.has("serdes")
            && !step.has("retentionMs") && !step.has("engine")) return null;
        Materialized materialized = materializedAs(step);
        materialized = materialized.withValueSerde(ANY);
        if (step.has("caching")) materialized = step.is("caching") ? materialized.withCachingEnabled() : materialized.withCachingDisabled();
        if (step.has("logging")) {
            final boolean off = step.json().get("logging").isBoolean() && !step.is("logging");
            materialized = off ? materialized.withLoggingDisabled() : materialized.withLoggingEnabled(step.map("logging"));
        }
        if (step.has("retentionMs")) materialized = materialized.withRetention(step.millis("retentionMs"));
        return materialized;
    }

    static boolean inMemory(final Step step) {
        return step.textOr("engine", "").equals("memory");
    }

    private static Materialized<?, ?, ?> materializedAs(final Step step) {
        final String store = step.textOr("store", null);
        if (step.has("historyMs")) {
            final Duration history = step.millis("historyMs");
            return Materialized.as(Stores.persistentVersionedKeyValueStore(store, history));
        }
        if (step.has("maxEntries")) return Materialized.as(Stores.lruMap(store, step.number("maxEntries")));
        final Materialized<?, ?, ?> materialized = store == null ? Materialized.with(null, null) : Materialized.as(store);
        return inMemory(step)
            ? materialized.withStoreType(BuiltInDslStoreSuppliers.IN_MEMORY)
            : materialized;
    }
}
