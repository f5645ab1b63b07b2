import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

/**
 * The word count on Kafka Streams. Arguments: brokers, application id, input, output, state directory, commit interval in
 * ms, threads, splitting (regex or scan).
 */
public final class WordCount {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");

  public static void main(String[] arguments) throws Exception {
    Properties config = new Properties();
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[1]);
    config.put(StreamsConfig.STATE_DIR_CONFIG, Path.of(arguments[4]).toString());
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, arguments[5]);
    if (!arguments[6].equals("1")) config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, arguments[6]);
    boolean regex = arguments[7].equals("regex");
    // A consumer of Streams starts at the earliest offset unless told otherwise; everything else is left alone.

    StreamsBuilder builder = new StreamsBuilder();
    builder
        .stream(arguments[2], Consumed.with(Serdes.ByteArray(), Serdes.String()))
        .flatMapValues(line -> regex ? matchedWords(line.toLowerCase(Locale.ROOT)) : scannedWords(line))
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

  private static List<String> matchedWords(String text) {
    List<String> found = new ArrayList<>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) found.add(matcher.group());
    return found;
  }

  /** By hand as long as the text is ASCII, as the other side does it. */
  private static List<String> scannedWords(String line) {
    String text = line.toLowerCase(Locale.ROOT);
    List<String> found = new ArrayList<>();
    int start = -1;
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      if (unit > 127) return matchedWords(text);
      boolean inWord = (unit >= 'a' && unit <= 'z') || (unit >= '0' && unit <= '9');
      if (inWord) {
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
