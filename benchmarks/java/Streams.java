import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Properties;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;

/** A streams workload on Kafka Streams. Its argument is what src/streams/program.ts says, as JSON. */
public final class Streams {
  public static void main(String[] arguments) throws Exception {
    JsonNode options = new ObjectMapper().readTree(arguments[0]);
    Properties config = new Properties();
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.get("brokers").asText());
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, options.get("applicationId").asText());
    config.put(StreamsConfig.STATE_DIR_CONFIG, options.get("stateDirectory").asText());
    if (options.has("commitIntervalMs"))
      config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, options.get("commitIntervalMs").asText());
    int threads = options.get("threads").asInt();
    if (threads > 1) config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
    if (options.get("tuned").asBoolean()) tune(config);
    // A consumer of Streams starts at the earliest offset unless told otherwise; everything else is left alone.

    StreamsBuilder builder = new StreamsBuilder();
    Workloads.of(options.get("workload").asText()).build(builder, name -> options.get("topics").get(name).asText());
    KafkaStreams streams = new KafkaStreams(builder.build(), config);
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    Serving serving = options.has("serve") ? new Serving(streams, options.get("serve")) : null;
    streams.start();
    if (serving != null) serving.tell();
    Thread.currentThread().join();
  }

  /** What Kafka's and Confluent's guides recommend for throughput. */
  private static void tune(Properties config) {
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 100L * 1024 * 1024);
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    config.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 100);
    config.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 * 1024);
  }
}
