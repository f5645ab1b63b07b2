package org.apache.kafka.streams.processor.internals;

import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Gives the stores of a task what their changelogs hold. In this package, since only it may. */
public final class TaskRestore {
    private TaskRestore() {}

    public static void restore(final StreamTask task, final Function<String, List<ConsumerRecord<byte[], byte[]>>> changelogs) {
        final ProcessorStateManager stores = task.stateMgr;
        for (final TopicPartition changelog : stores.changelogPartitions()) {
            stores.restore(stores.storeMetadata(changelog), changelogs.apply(changelog.topic()), OptionalLong.empty());
        }
    }
}
