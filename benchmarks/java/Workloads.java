import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

/** The topologies of src/streams/workloads, in Java. */
final class Workloads {
  interface Workload {
    void build(StreamsBuilder builder, UnaryOperator<String> topic);
  }

  record Order(int id, String item, int quantity, int price) {}

  record Total(int id, int total) {}

  record Item(String name, int weight) {}

  record Parcel(int id, String name, int weight) {}

  record Sales(int orders, int quantity, long revenue, int largest) {
    Sales plus(Order order) {
      int total = order.quantity() * order.price();
      return new Sales(orders + 1, quantity + order.quantity(), revenue + total, Math.max(largest, total));
    }

    String shown() {
      return orders + "," + quantity + "," + revenue + "," + largest;
    }
  }

  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");
  private static final Serde<String> TEXT = Serdes.String();
  private static final Serde<Order> ORDER = new JsonSerde<>(Order.class);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private static final Map<String, Workload> ALL =
      Map.ofEntries(
          Map.entry("word-count", Workloads::wordCount),
          Map.entry("word-count-uncombined", Workloads::wordCount),
          Map.entry("map-values", Workloads::mapValues),
          Map.entry("filter-out", Workloads::filterOut),
          Map.entry("count-by-key", Workloads::countByKey),
          Map.entry("large-state", Workloads::countByKey),
          Map.entry("aggregate-objects", Workloads::aggregateObjects),
          Map.entry("stream-table-join", Workloads::streamTableJoin),
          Map.entry("windowed-count", Workloads::windowedCount),
          Map.entry("stream-stream-join", Workloads::streamStreamJoin),
          Map.entry("latency", Workloads::totalsAndCounts));

  static Workload of(String name) {
    return ALL.get(name);
  }

  private static void wordCount(StreamsBuilder builder, UnaryOperator<String> topic) {
    builder.stream(topic.apply("input"), Consumed.with(Serdes.ByteArray(), TEXT))
        .flatMapValues(line -> words(line.toLowerCase(Locale.ROOT)))
        .groupBy((key, word) -> word, Grouped.with(TEXT, TEXT))
        .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("counts"))
        .toStream()
        .to(topic.apply("output"), Produced.with(TEXT, Serdes.Long()));
  }

  private static List<String> words(String text) {
    List<String> found = new ArrayList<>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) found.add(matcher.group());
    return found;
  }

  private static void mapValues(StreamsBuilder builder, UnaryOperator<String> topic) {
    builder.stream(topic.apply("input"), Consumed.with(TEXT, ORDER))
        .mapValues(order -> new Total(order.id(), order.quantity() * order.price()))
        .to(topic.apply("output"), Produced.with(TEXT, new JsonSerde<>(Total.class)));
  }

  private static void totalsAndCounts(StreamsBuilder builder, UnaryOperator<String> topic) {
    KStream<String, Order> orders = builder.stream(topic.apply("input"), Consumed.with(TEXT, ORDER));
    orders
        .mapValues(order -> new Total(order.id(), order.quantity() * order.price()))
        .to(topic.apply("output"), Produced.with(TEXT, new JsonSerde<>(Total.class)));
    orders
        .groupByKey(Grouped.with(TEXT, ORDER))
        .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("counts"))
        .toStream()
        .to(topic.apply("counts"), Produced.with(TEXT, Serdes.Long()));
  }

  private static void filterOut(StreamsBuilder builder, UnaryOperator<String> topic) {
    builder.stream(topic.apply("input"), Consumed.with(TEXT, TEXT))
        .filter((item, text) -> text.isEmpty())
        .to(topic.apply("output"), Produced.with(TEXT, TEXT));
  }

  private static void countByKey(StreamsBuilder builder, UnaryOperator<String> topic) {
    builder.stream(topic.apply("input"), Consumed.with(TEXT, TEXT))
        .groupByKey(Grouped.with(TEXT, TEXT))
        .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("counts"))
        .toStream()
        .to(topic.apply("output"), Produced.with(TEXT, Serdes.Long()));
  }

  private static void aggregateObjects(StreamsBuilder builder, UnaryOperator<String> topic) {
    builder.stream(topic.apply("input"), Consumed.with(TEXT, ORDER))
        .groupByKey(Grouped.with(TEXT, ORDER))
        .aggregate(
            () -> new Sales(0, 0, 0, 0),
            (item, order, sales) -> sales.plus(order),
            Materialized.<String, Sales, KeyValueStore<Bytes, byte[]>>as("sales")
                .withKeySerde(TEXT)
                .withValueSerde(new JsonSerde<>(Sales.class)))
        .toStream()
        .mapValues(Sales::shown)
        .to(topic.apply("output"), Produced.with(TEXT, TEXT));
  }

  private static void streamTableJoin(StreamsBuilder builder, UnaryOperator<String> topic) {
    Serde<Item> item = new JsonSerde<>(Item.class);
    KTable<String, Item> items =
        builder.table(
            topic.apply("items"),
            Consumed.with(TEXT, item),
            Materialized.<String, Item, KeyValueStore<Bytes, byte[]>>as("items"));
    builder.stream(topic.apply("orders"), Consumed.with(TEXT, ORDER))
        .join(
            items,
            (order, found) -> new Parcel(order.id(), found.name(), order.quantity() * found.weight()),
            Joined.with(TEXT, ORDER, item))
        .to(topic.apply("output"), Produced.with(TEXT, new JsonSerde<>(Parcel.class)));
  }

  private static void windowedCount(StreamsBuilder builder, UnaryOperator<String> topic) {
    builder.stream(topic.apply("input"), Consumed.with(TEXT, TEXT))
        .groupByKey(Grouped.with(TEXT, TEXT))
        .windowedBy(TimeWindows.ofSizeWithNoGrace(MINUTE))
        .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("counts"))
        .toStream()
        .to(topic.apply("output"),
            Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, MINUTE.toMillis()), Serdes.Long()));
  }

  private static void streamStreamJoin(StreamsBuilder builder, UnaryOperator<String> topic) {
    builder.stream(topic.apply("left"), Consumed.with(TEXT, TEXT))
        .join(
            builder.stream(topic.apply("right"), Consumed.with(TEXT, TEXT)),
            (left, right) -> left + " " + right,
            JoinWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(4), MINUTE),
            StreamJoined.with(TEXT, TEXT, TEXT))
        .to(topic.apply("output"), Produced.with(TEXT, TEXT));
  }

  private Workloads() {}
}
