import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** Tells on standard output when an application answers queries, how long it restored, and what it has in its store. */
final class Serving implements StateRestoreListener {
  private static final long LOOK_EVERY_MS = 10;

  private final KafkaStreams streams;
  private final String store;
  private final List<String> keys = new ArrayList<>();
  private long restoreStart = Long.MAX_VALUE;
  private long restoreEnd = Long.MIN_VALUE;

  Serving(KafkaStreams streams, JsonNode serve) {
    this.streams = streams;
    this.store = serve.get("store").asText();
    serve.get("keys").forEach(key -> keys.add(key.asText()));
    streams.setGlobalStateRestoreListener(this);
  }

  @Override
  public synchronized void onRestoreStart(TopicPartition partition, String store, long from, long to) {
    restoreStart = Math.min(restoreStart, System.nanoTime());
  }

  @Override
  public void onBatchRestored(TopicPartition partition, String store, long to, long count) {}

  @Override
  public synchronized void onRestoreEnd(TopicPartition partition, String store, long total) {
    restoreEnd = System.nanoTime();
  }

  void tell() throws InterruptedException {
    while (!answersAll()) Thread.sleep(LOOK_EVERY_MS);
    synchronized (this) {
      double seconds = (restoreEnd - restoreStart) / 1e9;
      System.out.println("{\"event\":\"serving\",\"restoreSeconds\":" + seconds + "}");
    }
    long entries = 0;
    long sum = 0;
    try (var all = counts().all()) {
      while (all.hasNext()) {
        entries++;
        sum += all.next().value;
      }
    }
    System.out.println("{\"event\":\"contents\",\"entries\":" + entries + ",\"sum\":" + sum + "}");
  }

  private boolean answersAll() {
    try {
      ReadOnlyKeyValueStore<String, Long> counts = counts();
      return keys.stream().allMatch(key -> counts.get(key) != null);
    } catch (InvalidStateStoreException notYet) {
      return false;
    }
  }

  private ReadOnlyKeyValueStore<String, Long> counts() {
    return streams.store(StoreQueryParameters.fromNameAndType(store, QueryableStoreTypes.keyValueStore()));
  }
}
