package millrace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.TimestampedWindowStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;


/** What is in the stores: rows of key, value, and timestamp where there is one, in the store's order. */
final class StoreContents {
    private static final Pattern READ_BY_OPERATORS = Pattern.compile("-shared-join-store$|OUTERSHARED|-subscription-store$|SUBSCRIPTION-STATE-STORE");

    private StoreContents() {}

    static Map<String, List<List<Object>>> of(final TopologyTestDriver driver, final boolean caching) {
        final Map<String, List<List<Object>>> contents = new TreeMap<>();
        for (final Map.Entry<String, StateStore> store : driver.getAllStateStores().entrySet()) {
            final List<List<Object>> rows = caching && isTimed(store.getValue()) ? null : rows(store.getValue());
            if (rows != null) contents.put(store.getKey(), rows);
        }
        return contents;
    }

    /** A cache shows windows that have expired until it gives them up, which is nobody's promise. */
    private static boolean isTimed(final StateStore store) {
        return store instanceof TimestampedWindowStore || store instanceof SessionStore;
    }

    /** Null for a store that only operators read: buffers, and the two sides of a join. */
    @SuppressWarnings("unchecked")
    private static List<List<Object>> rows(final StateStore store) {
        final List<List<Object>> rows = new ArrayList<>();
        if (store instanceof TimestampedKeyValueStore) {
            add(rows, ((TimestampedKeyValueStore<Object, Object>) store).all());
        } else if (store instanceof KeyValueStore) {
            if (READ_BY_OPERATORS.matcher(store.name()).find()) return null;
            add(rows, ((KeyValueStore<Object, Object>) store).all());
        } else if (store instanceof TimestampedWindowStore) {
            add(rows, ((TimestampedWindowStore<Object, Object>) store).all());
        } else if (store instanceof SessionStore) {
            add(rows, ((SessionStore<Object, Object>) store).fetch(null, null));
        } else {
            return null;
        }
        return rows;
    }

    private static void add(final List<List<Object>> rows, final KeyValueIterator<?, ?> entries) {
        try (entries) {
            entries.forEachRemaining(entry -> rows.add(entry.value instanceof ValueAndTimestamp<?> timestamped
                ? Arrays.asList(Expression.text(entry.key), Expression.text(timestamped.value()), timestamped.timestamp())
                : Arrays.asList(Expression.text(entry.key), Expression.text(entry.value))));
        }
    }
}
