package millrace;

import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.Punctuator;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;

/** What the processors that a scenario can name do with a record's value; conformance/README.md lists them. */
final class Behaviour {
    /** Passes on the record with another value and timestamp. */
    interface Emit {
        void value(Object value, long timestamp);
    }

    private final Step step;
    private final ProcessingContext context;

    Behaviour(final Step step, final ProcessingContext context) {
        this.step = step;
        this.context = context;
    }

    void process(final Object key, final Object value, final long timestamp, final Emit emit) {
        switch (step.text("processor")) {
            case "twice" -> {
                emit.value(Expression.text(value) + "1", timestamp);
                emit.value(Expression.text(value) + "2", timestamp);
            }
            case "later" -> emit.value(value, timestamp + 5);
            case "streamTime" -> emit.value(context.currentStreamTimeMs(), timestamp);
            case "metadata" -> {
                final var at = context.recordMetadata().orElseThrow();
                emit.value(at.topic() + "-" + at.partition() + "@" + at.offset(), timestamp);
            }
            case "count" -> {
                if (key == null) return;
                final Long count = value == null ? null : 1 + (get(key) == null ? 0L : (Long) get(key));
                put(key, count, timestamp);
                emit.value(count, timestamp);
            }
            case "changes" -> {
                if (key == null || Expression.text(value).equals(Expression.text(get(key)))) return;
                put(key, value, timestamp);
                emit.value(value, timestamp);
            }
            case "buffer" -> {
                if (key != null) put(key, value, timestamp);
            }
            case "windows", "sessions" -> {
                if (key != null) new TimedBehaviour(step, context).process(key, value, timestamp, emit);
            }
            case "versions" -> {
                if (key != null) emit.value(new TimedBehaviour(step, context).versions(key, value, timestamp), timestamp);
            }
            case "lookUp" -> {
                if (key != null) emit.value(Expression.text(value) + "/" + Expression.text(get(key)), timestamp);
            }
            case "ticks" -> { }
            default -> throw new IllegalArgumentException("There is no processor " + step.text("processor"));
        }
    }

    Cancellable schedule(final Punctuator punctuator) {
        if (!step.has("everyMs")) return null;
        final PunctuationType type = step.text("punctuation").equals("wallClock") ? PunctuationType.WALL_CLOCK_TIME : PunctuationType.STREAM_TIME;
        final Duration interval = Duration.ofMillis(step.number("everyMs"));
        return step.has("startMs")
            ? context.schedule(Instant.ofEpochMilli(step.number("startMs")), interval, type, punctuator)
            : context.schedule(interval, type, punctuator);
    }

    private String store() {
        return step.has("reads") ? step.text("reads") : step.texts("stores").get(0);
    }

    private Object get(final Object key) {
        final Object value = context.<KeyValueStore<Object, Object>>getStateStore(store()).get(key);
        return value instanceof ValueAndTimestamp<?> timestamped ? timestamped.value() : value;
    }

    @SuppressWarnings("unchecked")
    private void put(final Object key, final Object value, final long timestamp) {
        final KeyValueStore<Object, Object> store = context.getStateStore(store());
        store.put(key, store instanceof TimestampedKeyValueStore ? ValueAndTimestamp.make(value, timestamp) : value);
    }
}
