package millrace;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.SessionWindow;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.VersionedKeyValueStore;
import org.apache.kafka.streams.state.VersionedRecord;
import org.apache.kafka.streams.state.WindowStore;

/** What the processors with a store of windows, of sessions or of versions do; conformance/README.md lists them. */
final class TimedBehaviour {
    static final Set<String> NAMES = Set.of("windows", "sessions");

    /** Takes what a punctuation forwards. */
    interface Forward {
        void record(Object key, Object value);
    }

    private final Step step;
    private final ProcessingContext context;

    TimedBehaviour(final Step step, final ProcessingContext context) {
        this.step = step;
        this.context = context;
    }

    void process(final Object key, final Object value, final long timestamp, final Behaviour.Emit emit) {
        emit.value(isWindows() ? windows(key, value, timestamp) : sessions(key, value, timestamp), timestamp);
    }

    void punctuate(final long time, final Forward forward) {
        final long from = Math.max(0, time - 3 * step.number("sizeMs"));
        if (isWindows()) {
            final WindowStore<Object, Object> store = store();
            forwardAll(store.fetchAll(from, time), "fetchAll", forward);
            if (!forwardOnly()) forwardAll(store.backwardFetchAll(from, time), "backwardFetchAll", forward);
            forwardAll(store.fetch("a", "b", from, time), "fetch", forward);
            forwardAll(store.fetch(null, "a", from, time), "fetch", forward);
            if (!forwardOnly()) forwardAll(store.backwardFetch("b", null, from, time), "backwardFetch", forward);
            forwardAll(store.all(), "all", forward);
            if (!forwardOnly()) forwardAll(store.backwardAll(), "backwardAll", forward);
            return;
        }
        final SessionStore<Object, Object> store = store();
        forwardAll(store.findSessions("a", "b", from, time), "findSessions", forward);
        forwardAll(store.findSessions(null, "a", from, from), "findSessions", forward);
        if (!forwardOnly()) forwardAll(store.backwardFindSessions("b", null, from, time), "backwardFindSessions", forward);
        forwardAll(store.fetch("a", null), "fetch", forward);
        if (!forwardOnly()) forwardAll(store.backwardFetch(null, "b"), "backwardFetch", forward);
    }

    private Object windows(final Object key, final Object value, final long timestamp) {
        final WindowStore<Object, Object> store = store();
        final long size = step.number("sizeMs");
        final long start = timestamp - timestamp % size;
        store.put(key, value, start);
        return Expression.text(store.fetch(key, start))
            + "|" + list(store.fetch(key, timestamp - 2 * size, timestamp + size))
            + "|" + (forwardOnly() ? "" : list(store.backwardFetch(key, timestamp - 4 * size, timestamp)));
    }

    private Object sessions(final Object key, final Object value, final long timestamp) {
        final SessionStore<Object, Object> store = store();
        final long gap = step.number("sizeMs");
        long start = timestamp;
        long end = timestamp;
        String merged = Expression.text(value);
        final List<KeyValue<Windowed<Object>, Object>> found = all(store.findSessions(key, timestamp - gap, timestamp + gap));
        for (final KeyValue<Windowed<Object>, Object> session : found) {
            start = Math.min(start, session.key.window().start());
            end = Math.max(end, session.key.window().end());
            merged += Expression.text(session.value);
            store.remove(session.key);
        }
        if (value != null) store.put(new Windowed<>(key, new SessionWindow(start, end)), merged);
        return Expression.text(store.fetchSession(key, start, end))
            + "|" + list(store.fetch(key))
            + "|" + list(store.findSessions(key, timestamp - 4 * gap, timestamp))
            + "|" + (forwardOnly() ? "" : list(store.backwardFetch(key)))
            + "|" + (forwardOnly() ? "" : list(store.backwardFindSessions(key, timestamp - 4 * gap, timestamp)));
    }

    /** Puts at even times what it deletes at odd ones. */
    String versions(final Object key, final Object value, final long timestamp) {
        final VersionedKeyValueStore<Object, Object> store = store();
        final long span = step.number("sizeMs");
        final boolean deletes = value == null && timestamp % 2 == 1;
        final StringBuilder result = new StringBuilder(
            deletes ? version(store.delete(key, timestamp)) : validTo(store.put(key, value, timestamp)));
        result.append('|').append(version(store.get(key)));
        for (final long time : new long[] {timestamp - span, timestamp - 1, timestamp, timestamp + span}) {
            result.append('|').append(version(store.get(key, Math.max(0, time))));
        }
        return result.toString();
    }

    private static String version(final VersionedRecord<Object> record) {
        return record == null ? "-" : Expression.text(record.value()) + "@" + record.timestamp();
    }

    private static String validTo(final long time) {
        if (time == VersionedKeyValueStore.PUT_RETURN_CODE_NOT_PUT) return "refused";
        return time == VersionedKeyValueStore.PUT_RETURN_CODE_VALID_TO_UNDEFINED ? "open" : String.valueOf(time);
    }

    private boolean isWindows() {
        return step.text("processor").equals("windows");
    }

    /** Caches lose entries on the way back, and show deleted ones. */
    private boolean forwardOnly() {
        return step.is("forwardOnly");
    }

    private <S extends org.apache.kafka.streams.processor.StateStore> S store() {
        return context.getStateStore(step.texts("stores").get(0));
    }

    private static void forwardAll(final KeyValueIterator<Windowed<Object>, Object> entries, final String how, final Forward forward) {
        for (final KeyValue<Windowed<Object>, Object> entry : all(entries)) {
            forward.record(Expression.text(entry.key), how + "=" + Expression.text(entry.value));
        }
    }

    private static String list(final KeyValueIterator<?, Object> entries) {
        final List<String> texts = new ArrayList<>();
        for (final KeyValue<?, Object> entry : all(entries)) texts.add(Expression.text(entry.key) + "=" + Expression.text(entry.value));
        return String.join(",", texts);
    }

    private static <K> List<KeyValue<K, Object>> all(final KeyValueIterator<K, Object> entries) {
        final List<KeyValue<K, Object>> list = new ArrayList<>();
        try (entries) {
            entries.forEachRemaining(list::add);
        }
        return list;
    }
}
