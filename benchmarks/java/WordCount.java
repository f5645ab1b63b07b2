import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;

/** The word count on Kafka Streams. Arguments: brokers, application id, input, output, state directory, commit interval in ms. */
public final class WordCount {
  public static void main(String[] arguments) throws Exception {
    Properties config = new Properties();
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[1]);
    config.put(StreamsConfig.STATE_DIR_CONFIG, Path.of(arguments[4]).toString());
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, arguments[5]);
    // A consumer of Streams starts at the earliest offset unless told otherwise; everything else is left alone.

    StreamsBuilder builder = new StreamsBuilder();
    builder
        .stream(arguments[2], Consumed.with(Serdes.ByteArray(), Serdes.String()))
        .flatMapValues(WordCount::words)
        .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
        .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("counts"))
        .toStream()
        .to(arguments[3], Produced.with(Serdes.String(), Serdes.Long()));

    KafkaStreams streams = new KafkaStreams(builder.build(), config);
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
    System.out.println("{\"event\":\"started\"}");
    Thread.currentThread().join();
  }

  /** By hand and without a regular expression, as the other side does it. */
  private static List<String> words(String line) {
    String text = line.toLowerCase(Locale.ROOT);
    List<String> found = new ArrayList<>();
    int start = -1;
    for (int i = 0; i < text.length(); i++) {
      if (Character.isLetterOrDigit(text.charAt(i))) {
        if (start < 0) start = i;
      } else if (start >= 0) {
        found.add(text.substring(start, i));
        start = -1;
      }
    }
    if (start >= 0) found.add(text.substring(start));
    return found;
  }
}
