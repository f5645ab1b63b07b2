package millrace;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;

/** Runs every scenario on every input with Kafka Streams' own test driver and writes what comes out. */
public final class Oracle {
    private static final String NULL = "\\N";

    public static void main(final String[] args) throws IOException {
        final Path inputs = Path.of(args[0]);
        final Path expected = Path.of(args[1]);
        Files.createDirectories(expected);
        final List<Path> files;
        try (Stream<Path> listed = Files.list(inputs)) {
            files = listed.sorted().toList();
        }
        for (final Map.Entry<String, Scenarios.Scenario> scenario : Scenarios.all().entrySet()) {
            for (final Path input : files) {
                for (final boolean caching : new boolean[] {true, false}) {
                    final String stem = input.getFileName().toString().replace(".tsv", "");
                    final String name = scenario.getKey() + "." + stem + "." + (caching ? "cached" : "uncached") + ".tsv";
                    Files.write(expected.resolve(name), run(scenario.getValue(), input, caching), StandardCharsets.UTF_8);
                }
            }
        }
    }

    private static List<String> run(final Scenarios.Scenario scenario, final Path input, final boolean caching) throws IOException {
        final Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, caching ? 10_000_000 : 0);
        final List<String> lines = new ArrayList<>();
        try (TopologyTestDriver driver = new TopologyTestDriver(scenario.build(), config)) {
            final Map<String, TestInputTopic<String, String>> topics = new HashMap<>();
            final Map<String, TestOutputTopic<String, String>> outputs = new HashMap<>();
            for (final String topic : scenario.outputs()) {
                outputs.put(topic, driver.createOutputTopic(topic, new StringDeserializer(), new Scenarios.TextOrNumber()));
            }
            int number = 0;
            for (final String line : Files.readAllLines(input)) {
                final String[] parts = line.split("\t", -1);
                if (!scenario.inputs().contains(parts[0])) continue;
                topics.computeIfAbsent(parts[0], name -> driver.createInputTopic(name, new StringSerializer(), new StringSerializer()))
                    .pipeInput(new TestRecord<>(value(parts[1]), value(parts[2]), new RecordHeaders(), Long.parseLong(parts[3])));
                for (final String topic : scenario.outputs()) {
                    for (final TestRecord<String, String> record : outputs.get(topic).readRecordsToList()) {
                        lines.add(number + "\t" + topic + "\t" + text(record.key()) + "\t" + text(record.value()) + "\t" + record.timestamp());
                    }
                }
                number++;
            }
        }
        return lines;
    }

    private static String value(final String text) {
        return text.equals(NULL) ? null : text;
    }

    private static String text(final String value) {
        return value == null ? NULL : value.replace("\n", "\\n");
    }
}
