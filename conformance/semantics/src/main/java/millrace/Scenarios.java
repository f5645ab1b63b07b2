package millrace;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Branched;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.state.KeyValueStore;

/** The scenarios, each of which has a twin of the same name in packages/testing/test/conformance/scenarios.ts. */
final class Scenarios {
    record Scenario(Set<String> inputs, List<String> outputs, Consumer<StreamsBuilder> define) {
        Topology build() {
            final StreamsBuilder builder = new StreamsBuilder();
            define.accept(builder);
            return builder.build();
        }
    }

    /** Outputs are text, or a long where there are eight bytes that begin with a zero. */
    static final class TextOrNumber implements Deserializer<String> {
        @Override
        public String deserialize(final String topic, final byte[] data) {
            if (data == null) return null;
            if (data.length == 8 && (data[0] == 0 || data[0] == -1)) return Long.toString(ByteBuffer.wrap(data).getLong());
            return new String(data, StandardCharsets.UTF_8);
        }
    }

    private static final Consumed<String, String> TEXT = Consumed.with(Serdes.String(), Serdes.String());
    private static final Produced<String, String> TO_TEXT = Produced.with(Serdes.String(), Serdes.String());
    private static final Produced<String, Long> TO_LONG = Produced.with(Serdes.String(), Serdes.Long());
    private static final Grouped<String, String> BY_TEXT = Grouped.with(Serdes.String(), Serdes.String());

    static Map<String, Scenario> all() {
        final Map<String, Scenario> all = new LinkedHashMap<>();
        add(all, "filter", b -> source(b).filter((k, v) -> v != null && v.length() > 1).to("out", TO_TEXT));
        add(all, "filterNot", b -> source(b).filterNot((k, v) -> v == null || v.startsWith("a")).to("out", TO_TEXT));
        add(all, "map", b -> source(b).map((k, v) -> KeyValue.pair(v, k)).to("out", TO_TEXT));
        add(all, "mapValues", b -> source(b).mapValues(v -> v == null ? null : v + "!").to("out", TO_TEXT));
        add(all, "flatMap", b -> source(b).flatMap((k, v) -> List.of(KeyValue.pair(k, v), KeyValue.pair(v, k))).to("out", TO_TEXT));
        add(all, "flatMapValues", b -> source(b).flatMapValues(v -> words(v)).to("out", TO_TEXT));
        add(all, "selectKey", b -> source(b).selectKey((k, v) -> k + "+" + v).to("out", TO_TEXT));
        add(all, "merge", b -> source(b).merge(b.stream("right", TEXT)).to("out", TO_TEXT));
        add(all, "split", b -> source(b).split(Named.as("part-"))
            .branch((k, v) -> v == null, Branched.withConsumer(s -> s.mapValues(v -> "null").to("out", TO_TEXT)))
            .branch((k, v) -> v.length() < 3, Branched.withConsumer(s -> s.mapValues(v -> "short " + v).to("out", TO_TEXT)))
            .defaultBranch(Branched.withConsumer(s -> s.mapValues(v -> "long " + v).to("out", TO_TEXT))));
        add(all, "repartition", b -> source(b).repartition(Repartitioned.with(Serdes.String(), Serdes.String())).to("out", TO_TEXT));
        add(all, "countByKey", b -> source(b).groupByKey(BY_TEXT).count(store("n")).toStream().to("out", TO_LONG), "test-n-changelog");
        add(all, "countByValue", b -> source(b).groupBy((k, v) -> v, BY_TEXT).count(store("n")).toStream().to("out", TO_LONG),
            "test-n-changelog", "test-n-repartition");
        add(all, "wordCount", b -> source(b).flatMapValues(v -> words(v)).groupBy((k, v) -> v, BY_TEXT).count(store("n"))
            .toStream().to("out", TO_LONG), "test-n-changelog");
        add(all, "reduce", b -> source(b).groupByKey(BY_TEXT).reduce((a, v) -> v.equals("b") ? null : a + v, text("r")).toStream()
            .to("out", TO_TEXT), "test-r-changelog");
        add(all, "aggregate", b -> source(b).groupByKey(BY_TEXT)
            .aggregate(() -> "<", (k, v, a) -> v.equals("c") ? null : a + v, text("a")).toStream().to("out", TO_TEXT), "test-a-changelog");
        add(all, "table", b -> b.table("left", TEXT).toStream().to("out", TO_TEXT));
        add(all, "tableStore", b -> b.table("left", TEXT, text("t")).toStream().to("out", TO_TEXT), "test-t-changelog");
        add(all, "tableFilter", b -> b.table("left", TEXT).filter((k, v) -> v.length() > 1).toStream().to("out", TO_TEXT));
        add(all, "tableFilterOfStore", b -> b.table("left", TEXT, text("t")).filter((k, v) -> v.length() > 1).toStream().to("out", TO_TEXT));
        add(all, "tableFilterNot", b -> b.table("left", TEXT, text("t")).filterNot((k, v) -> v.length() > 1).toStream().to("out", TO_TEXT));
        add(all, "tableFilterStore", b -> b.table("left", TEXT).filter((k, v) -> v.length() > 1, text("f")).toStream().to("out", TO_TEXT),
            "test-f-changelog");
        add(all, "tableMapValues", b -> b.table("left", TEXT).mapValues(v -> v + "!").toStream().to("out", TO_TEXT));
        add(all, "tableMapValuesStore", b -> b.table("left", TEXT).mapValues(v -> v + "!", text("m")).toStream().to("out", TO_TEXT),
            "test-m-changelog");
        add(all, "toTable", b -> source(b).toTable(text("t")).toStream().to("out", TO_TEXT), "test-t-changelog");
        add(all, "join", b -> source(b).join(b.table("right", TEXT), (l, r) -> l + "/" + r, joined()).to("out", TO_TEXT));
        add(all, "leftJoin", b -> source(b).leftJoin(b.table("right", TEXT), (l, r) -> l + "/" + r, joined()).to("out", TO_TEXT));
        add(all, "joinRekeyed", b -> source(b).selectKey((k, v) -> v).join(b.table("right", TEXT), (l, r) -> l + "/" + r, joined())
            .to("out", TO_TEXT));
        add(all, "leftJoinRekeyed", b -> source(b).selectKey((k, v) -> v).leftJoin(b.table("right", TEXT), (l, r) -> l + "/" + r, joined())
            .to("out", TO_TEXT));
        add(all, "joinOfCounts", b -> {
            final KTable<String, Long> counts = b.stream("right", TEXT).groupByKey(BY_TEXT).count(store("n"));
            source(b).leftJoin(counts, (l, n) -> l + "/" + n, joined2()).to("out", TO_TEXT);
        });
        return all;
    }

    private static void add(final Map<String, Scenario> all, final String name, final Consumer<StreamsBuilder> define, final String... more) {
        final List<String> outputs = new java.util.ArrayList<>(List.of("out"));
        outputs.addAll(Arrays.asList(more));
        final StreamsBuilder probe = new StreamsBuilder();
        define.accept(probe);
        final String description = probe.build().describe().toString();
        final Set<String> inputs = new java.util.HashSet<>();
        for (final String topic : List.of("left", "right")) if (description.contains("topics: [" + topic + "]")) inputs.add(topic);
        all.put(name, new Scenario(inputs, outputs, define));
    }

    private static KStream<String, String> source(final StreamsBuilder builder) {
        return builder.stream("left", TEXT);
    }

    private static List<String> words(final String value) {
        return value == null ? List.of() : Arrays.asList(value.split(" "));
    }

    private static Materialized<String, Long, KeyValueStore<Bytes, byte[]>> store(final String name) {
        return Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as(name).withKeySerde(Serdes.String()).withValueSerde(Serdes.Long());
    }

    private static Materialized<String, String, KeyValueStore<Bytes, byte[]>> text(final String name) {
        return Materialized.<String, String, KeyValueStore<Bytes, byte[]>>as(name).withKeySerde(Serdes.String()).withValueSerde(Serdes.String());
    }

    private static Joined<String, String, String> joined() {
        return Joined.with(Serdes.String(), Serdes.String(), Serdes.String());
    }

    private static Joined<String, String, Long> joined2() {
        return Joined.with(Serdes.String(), Serdes.String(), Serdes.Long());
    }
}
