package millrace;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.ValueTransformerWithKey;
import org.apache.kafka.streams.kstream.ValueTransformerWithKeySupplier;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Processors of the Processor API, by the name in a step's <code>processor</code>. */
final class Processors {
    private Processors() {}

    static ProcessorSupplier<Object, Object, Object, Object> supplier(final Step step) {
        return () -> new Plain(step);
    }

    static FixedKeyProcessorSupplier<Object, Object, Object> fixedKey(final Step step) {
        return () -> new FixedKey(step);
    }

    /** Does as mapValues does. */
    static ValueTransformerWithKeySupplier<Object, Object, Object> valueTransformer(final Step step) {
        final Expression value = step.expression("value");
        return () -> new ValueTransformerWithKey<>() {
            @Override
            public void init(final org.apache.kafka.streams.processor.ProcessorContext context) { }

            @Override
            public Object transform(final Object k, final Object v) {
                return value.of("key", k, "value", v);
            }

            @Override
            public void close() { }
        };
    }

    /** Fills a global store with the records of its topic. */
    static ProcessorSupplier<Object, Object, Void, Void> global(final Step step) {
        final String name = step.text("store");
        return () -> new ContextualProcessor<>() {
            @Override
            public void process(final Record<Object, Object> record) {
                final KeyValueStore<Object, Object> store = context().getStateStore(name);
                if (record.key() != null) store.put(record.key(), record.value());
            }
        };
    }

    static StoreBuilder<?> store(final Step step) {
        StoreBuilder<?> builder = plainStore(step);
        if (step.is("caching")) builder = builder.withCachingEnabled();
        return step.has("logging") && !step.is("logging") ? builder.withLoggingDisabled() : builder;
    }

    private static StoreBuilder<?> plainStore(final Step step) {
        final String name = step.text("store");
        final boolean inMemory = Options.inMemory(step);
        if (step.has("maxEntries")) return Stores.keyValueStoreBuilder(Stores.lruMap(name, (int) step.number("maxEntries")), Options.ANY, Options.ANY);
        switch (step.textOr("storeType", "")) {
            case "window": return Stores.windowStoreBuilder(
                inMemory
                    ? Stores.inMemoryWindowStore(name, millis(step, "retentionMs"), millis(step, "sizeMs"), step.is("retainDuplicates"))
                    : Stores.persistentWindowStore(name, millis(step, "retentionMs"), millis(step, "sizeMs"), step.is("retainDuplicates")),
                Options.ANY, Options.ANY);
            case "session": return Stores.sessionStoreBuilder(
                inMemory
                    ? Stores.inMemorySessionStore(name, millis(step, "retentionMs"))
                    : Stores.persistentSessionStore(name, millis(step, "retentionMs")),
                Options.ANY, Options.ANY);
            case "versioned": return Stores.versionedKeyValueStoreBuilder(
                Stores.persistentVersionedKeyValueStore(name, millis(step, "retentionMs")), Options.ANY, Options.ANY);
            default: return Stores.keyValueStoreBuilder(
                inMemory ? Stores.inMemoryKeyValueStore(name) : Stores.persistentKeyValueStore(name), Options.ANY, Options.ANY);
        }
    }

    private static Duration millis(final Step step, final String option) {
        return Duration.ofMillis(step.number(option));
    }

    private static final class Plain extends ContextualProcessor<Object, Object, Object, Object> {
        private final Step step;
        private Behaviour behaviour;

        Plain(final Step step) {
            this.step = step;
        }

        @Override
        public void init(final ProcessorContext<Object, Object> context) {
            super.init(context);
            behaviour = new Behaviour(step, context);
            behaviour.schedule(this::punctuate);
        }

        @Override
        public void process(final Record<Object, Object> record) {
            switch (step.text("processor")) {
                case "swap" -> context().forward(record.withKey(record.value()).withValue(record.key()));
                case "mark" -> {
                    final Record<Object, Object> marked = record.withHeaders(record.headers());
                    marked.headers().add("seen", Expression.text(record.key()).getBytes(java.nio.charset.StandardCharsets.UTF_8));
                    context().forward(marked);
                }
                case "route" -> {
                    final List<String> children = step.texts("children");
                    context().forward(record, children.get(Expression.text(record.value()).startsWith("a") ? 0 : 1));
                }
                default -> behaviour.process(record.key(), record.value(), record.timestamp(),
                    (value, timestamp) -> context().forward(record.withValue(value).withTimestamp(timestamp)));
            }
        }

        private void punctuate(final long timestamp) {
            if (step.text("processor").equals("ticks")) {
                context().forward(new Record<>("tick", timestamp, timestamp));
                return;
            }
            if (TimedBehaviour.NAMES.contains(step.text("processor"))) {
                new TimedBehaviour(step, context()).punctuate(timestamp, (key, value) -> context().forward(new Record<>(key, value, timestamp)));
                return;
            }
            final KeyValueStore<Object, Object> store = context().getStateStore(step.texts("stores").get(0));
            final List<KeyValue<Object, Object>> entries = new ArrayList<>();
            try (KeyValueIterator<Object, Object> all = store.all()) {
                all.forEachRemaining(entries::add);
            }
            for (final KeyValue<Object, Object> entry : entries) {
                context().forward(new Record<>(entry.key, entry.value, timestamp));
                store.delete(entry.key);
            }
        }
    }

    private static final class FixedKey extends ContextualFixedKeyProcessor<Object, Object, Object> {
        private final Step step;
        private Behaviour behaviour;

        FixedKey(final Step step) {
            this.step = step;
        }

        @Override
        public void init(final FixedKeyProcessorContext<Object, Object> context) {
            super.init(context);
            behaviour = new Behaviour(step, context);
        }

        @Override
        public void process(final FixedKeyRecord<Object, Object> record) {
            behaviour.process(record.key(), record.value(), record.timestamp(),
                (value, timestamp) -> context().forward(record.withValue(value).withTimestamp(timestamp)));
        }
    }
}
