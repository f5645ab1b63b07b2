package millrace;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyDescription;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;

/** One run of a topology over its inputs. Records are noted under the number of the input that made them. */
final class Run {
    /** Stores are of no use after a run: memory will do where there is a file system in it. */
    private static final Path DIRECTORY = directory();
    private static int directories = 0;

    private final Supplier<Topology> topologies;
    private final Topology topology;
    private final Map<String, Keys> sinks;
    private final Properties config;
    private final List<Object> records = new ArrayList<>();
    private final List<Object> internal = new ArrayList<>();
    private final Map<String, TestOutputTopic<byte[], byte[]>> outputs = new TreeMap<>();
    private final Map<String, TestInputTopic<String, String>> topics = new HashMap<>();
    /** All that was written and read so far, by topic. */
    private final Map<String, List<ConsumerRecord<byte[], byte[]>>> log = new HashMap<>();
    private long now = 0;

    /** A topology is of use to one driver only. */
    Run(final Supplier<Topology> topologies, final Map<String, Keys> sinks, final Properties config) {
        this.topologies = topologies;
        this.topology = topologies.get();
        this.sinks = sinks;
        this.config = config;
    }

    Map<String, Object> pipe(final List<Step> inputs) {
        final Map<String, Object> result = new LinkedHashMap<>();
        final TreeSet<String> known = sourceTopics();
        final List<Pattern> patterns = sourcePatterns();
        result.put("records", records);
        result.put("internal", internal);
        int at = 0;
        TopologyTestDriver driver = null;
        try {
            driver = new TopologyTestDriver(topology, config, Instant.EPOCH);
            for (; at < inputs.size(); at++) {
                final Step input = inputs.get(at);
                if (input.has("restart")) {
                    final TopologyTestDriver old = driver;
                    // Closed, whatever comes of the restart.
                    driver = null;
                    driver = restart(old, input.text("restart").equals("stateKept"));
                }
                else if (input.has("advanceWallClockMs")) {
                    driver.advanceWallClockTime(input.millis("advanceWallClockMs"));
                    now += input.number("advanceWallClockMs");
                } else if (known.contains(input.text("topic")) || patterns.stream().anyMatch(pattern -> pattern.matcher(input.text("topic")).matches())) {
                    pipe(driver, input.text("topic"), new TestRecord<>(input.textOr("key", null), input.textOr("value", null), headers(input), (long) input.number("timestamp")));
                }
                note(driver, at);
            }
            result.put("stores", StoreContents.of(driver, !config.get(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG).equals(0)));
        } catch (final RuntimeException error) {
            result.put("failed", Map.of("at", at, "message", rootOf(error).toString()));
        }
        try {
            if (driver != null) driver.close();
        } catch (final RuntimeException error) {
            result.putIfAbsent("failed", Map.of("at", at, "message", rootOf(error).toString()));
        }
        return result;
    }

    private void pipe(final TopologyTestDriver driver, final String topic, final TestRecord<String, String> record) {
        final StringSerializer text = new StringSerializer();
        keep(topic, new TestRecord<>(text.serialize(topic, record.key()), text.serialize(topic, record.value()), record.headers(), record.timestamp()));
        topics.computeIfAbsent(topic, name -> driver.createInputTopic(name, text, text)).pipeInput(record);
    }

    private void keep(final String topic, final TestRecord<byte[], byte[]> record) {
        final List<ConsumerRecord<byte[], byte[]>> kept = log.computeIfAbsent(topic, name -> new ArrayList<>());
        final long timestamp = record.timestamp() == null ? ConsumerRecord.NO_TIMESTAMP : record.timestamp();
        kept.add(new ConsumerRecord<>(topic, 0, kept.size(), timestamp, TimestampType.CREATE_TIME, 0, 0, record.key(), record.value(), record.headers(), Optional.empty()));
    }

    /** A restore leaves out records without a key. Global stores are filled from all of their topics. */
    private TopologyTestDriver restart(final TopologyTestDriver old, final boolean stateKept) {
        outputs.clear();
        topics.clear();
        final TopologyTestDriver driver = Restart.of(old, stateKept, () -> new TopologyTestDriver(topologies.get(), config, Instant.ofEpochMilli(now)),
            topic -> log.getOrDefault(topic, List.of()).stream().filter(record -> record.key() != null).toList());
        final int noted = Trace.NOTES.size();
        for (final TopologyDescription.GlobalStore store : topology.describe().globalStores()) {
            for (final String topic : store.source().topicSet()) {
                final TestInputTopic<byte[], byte[]> global = driver.createInputTopic(topic, new ByteArraySerializer(), new ByteArraySerializer());
                for (final ConsumerRecord<byte[], byte[]> record : log.getOrDefault(topic, List.of())) {
                    global.pipeInput(new TestRecord<>(record.key(), record.value(), record.headers(), record.timestamp()));
                }
            }
        }
        Trace.NOTES.subList(noted, Trace.NOTES.size()).clear();
        return driver;
    }

    /** Those that have names. */
    private TreeSet<String> sourceTopics() {
        final TreeSet<String> topics = new TreeSet<>();
        for (final TopologyDescription.Subtopology subtopology : topology.describe().subtopologies()) {
            for (final TopologyDescription.Node node : subtopology.nodes()) {
                if (node instanceof TopologyDescription.Source source && source.topicSet() != null) topics.addAll(source.topicSet());
            }
        }
        for (final TopologyDescription.GlobalStore store : topology.describe().globalStores()) topics.addAll(store.source().topicSet());
        return topics;
    }

    private List<Pattern> sourcePatterns() {
        final List<Pattern> patterns = new ArrayList<>();
        for (final TopologyDescription.Subtopology subtopology : topology.describe().subtopologies()) {
            for (final TopologyDescription.Node node : subtopology.nodes()) {
                if (node instanceof TopologyDescription.Source source && source.topicPattern() != null) patterns.add(source.topicPattern());
            }
        }
        return patterns;
    }

    private static RecordHeaders headers(final Step input) {
        final RecordHeaders headers = new RecordHeaders();
        if (!input.has("headers")) return headers;
        input.json().get("headers").forEach(header ->
            headers.add(header.get(0).asText(), header.get(1).isNull() ? null : header.get(1).asText().getBytes(StandardCharsets.UTF_8)));
        return headers;
    }

    private void note(final TopologyTestDriver driver, final int at) {
        for (final String topic : new TreeSet<>(driver.producedTopicNames())) {
            final TestOutputTopic<byte[], byte[]> output = outputs.computeIfAbsent(topic,
                name -> driver.createOutputTopic(name, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
            for (final TestRecord<byte[], byte[]> record : output.readRecordsToList()) {
                keep(topic, record);
                if (topic.startsWith("test-")) internal.add(noted(at, topic, hex(record.key()), hex(record.value()), record));
                else records.add(noted(at, topic, key(topic, record.key()), text(Options.ANY.deserializer(), topic, record.value()), record));
            }
        }
    }

    private static Map<String, Object> noted(final int at, final String topic, final String key, final String value, final TestRecord<?, ?> record) {
        final Map<String, Object> noted = new LinkedHashMap<>();
        noted.put("at", at);
        noted.put("topic", topic);
        noted.put("key", key);
        noted.put("value", value);
        noted.put("timestamp", record.timestamp());
        final List<List<String>> headers = new ArrayList<>();
        for (final Header header : record.headers()) headers.add(Arrays.asList(header.key(), header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8)));
        if (!headers.isEmpty()) noted.put("headers", headers);
        return noted;
    }

    private String key(final String topic, final byte[] bytes) {
        return text(sinks.getOrDefault(topic, new Keys.Plain()).serde().deserializer(), topic, bytes);
    }

    private static String text(final Deserializer<Object> deserializer, final String topic, final byte[] bytes) {
        return bytes == null ? null : Expression.text(deserializer.deserialize(topic, bytes));
    }

    private static String hex(final byte[] bytes) {
        return bytes == null ? null : HexFormat.of().formatHex(bytes);
    }

    private static Throwable rootOf(final Throwable error) {
        return error.getCause() == null ? error : rootOf(error.getCause());
    }

    /** One that no run had before: where closing fails, RocksDB does not let go of it. */
    static String newDirectory() {
        return DIRECTORY.resolve(String.valueOf(directories++)).toString();
    }

    static void deleteDirectory() throws IOException {
        Utils.delete(DIRECTORY.toFile());
    }

    private static Path directory() {
        final Path memory = Path.of("/dev/shm");
        try {
            return Files.isWritable(memory) ? Files.createTempDirectory(memory, "conformance-") : Files.createTempDirectory("conformance-");
        } catch (final IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
