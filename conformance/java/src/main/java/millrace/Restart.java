package millrace;

import java.lang.reflect.Field;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.internals.StreamTask;
import org.apache.kafka.streams.processor.internals.TaskRestore;
import org.apache.kafka.streams.state.internals.SegmentedBytesStore;
import org.apache.kafka.streams.state.internals.WrappedStateStore;

/**
 * Kafka Streams' driver cannot restart. A new one is made, and its task taken through what a task goes through at the start of
 * an application that has run before: its stores are restored from their changelogs, then it reads the committed offsets'
 * metadata, then its processors are initialized. Where the state is kept, a store of windows does not know how late a record is:
 * only a restore tells it.
 */
final class Restart {
    private Restart() {}

    static TopologyTestDriver of(
        final TopologyTestDriver old,
        final boolean stateKept,
        final Supplier<TopologyTestDriver> start,
        final Function<String, List<ConsumerRecord<byte[], byte[]>>> changelogs
    ) {
        final StreamTask before = read(old, "task");
        final Map<TopicPartition, OffsetAndMetadata> committed = before == null ? Map.of() : consumer(old).committed(before.inputPartitions());
        final Map<TopicPartition, Object> offsets = read(old, "offsetsByTopicOrPatternPartition");
        old.close();
        final TopologyTestDriver driver = start.get();
        try {
            goOn(driver, stateKept, changelogs, committed, offsets);
        } catch (final RuntimeException error) {
            driver.close();
            throw error;
        }
        return driver;
    }

    private static void goOn(
        final TopologyTestDriver driver,
        final boolean stateKept,
        final Function<String, List<ConsumerRecord<byte[], byte[]>>> changelogs,
        final Map<TopicPartition, OffsetAndMetadata> committed,
        final Map<TopicPartition, Object> offsets
    ) {
        final StreamTask task = read(driver, "task");
        if (task == null) return;
        ((Map<TopicPartition, Object>) read(driver, "offsetsByTopicOrPatternPartition")).putAll(offsets);
        task.suspend();
        task.resume();
        for (final String queue : List.of("streamTimePunctuationQueue", "systemTimePunctuationQueue")) {
            ((Collection<?>) read(read(task, queue), "pq")).clear();
        }
        TaskRestore.restore(task, changelogs);
        if (stateKept) driver.getAllStateStores().values().forEach(Restart::forgetTime);
        consumer(driver).commitSync(committed);
        task.completeRestoration(partitions -> {});
    }

    private static MockConsumer<byte[], byte[]> consumer(final TopologyTestDriver driver) {
        return read(driver, "consumer");
    }

    /** Goes through wrappers and adapters to the store of segments. */
    private static void forgetTime(final StateStore store) {
        if (store instanceof SegmentedBytesStore) set(store, "observedStreamTime", -1L);
        else if (store instanceof WrappedStateStore<?, ?, ?> wrapper) forgetTime(wrapper.wrapped());
        else if (store.getClass().getSimpleName().matches(".*(Window|Session).*Adapter")) forgetTime(read(store, "store"));
    }

    private static void set(final Object object, final String name, final Object value) {
        try {
            field(object.getClass(), name).set(object, value);
        } catch (final IllegalAccessException error) {
            throw new IllegalStateException(error);
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> T read(final Object object, final String name) {
        try {
            return (T) field(object.getClass(), name).get(object);
        } catch (final IllegalAccessException error) {
            throw new IllegalStateException(error);
        }
    }

    /** A field that is not public, of a class or of one above it. */
    private static Field field(final Class<?> type, final String name) {
        try {
            final Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (final NoSuchFieldException error) {
            if (type.getSuperclass() == null) throw new IllegalStateException(error);
            return field(type.getSuperclass(), name);
        }
    }
}
