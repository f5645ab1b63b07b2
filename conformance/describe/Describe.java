import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.KeyValueStore;

/** Writes Kafka Streams' describe() of many topologies, one file each, into the directory given. */
public class Describe {
    static final Serde<String> S = Serdes.String();
    static final Map<String, Consumer<StreamsBuilder>> CASES = new LinkedHashMap<>();

    static KStream<String, String> in(StreamsBuilder b) {
        return b.stream("in", Consumed.with(S, S));
    }

    static KTable<String, String> rows(StreamsBuilder b) {
        return b.table("rows", Consumed.with(S, S));
    }

    static Materialized<String, String, KeyValueStore<Bytes, byte[]>> store(String name) {
        return Materialized.as(name);
    }

    static Materialized<String, Long, KeyValueStore<Bytes, byte[]>> counts(String name) {
        return Materialized.as(name);
    }

    public static void main(String[] args) throws IOException {
        stateless();
        grouping();
        tables();
        joins();
        tableGroups();
        tableJoins();
        cogroups();
        larger();
        Path out = Path.of(args[0]);
        Files.createDirectories(out);
        for (Map.Entry<String, Consumer<StreamsBuilder>> entry : CASES.entrySet()) {
            StreamsBuilder builder = new StreamsBuilder();
            entry.getValue().accept(builder);
            Files.writeString(out.resolve(entry.getKey() + ".txt"), builder.build().describe().toString());
        }
        System.out.println(CASES.size() + " topologies described");
    }

    static void stateless() {
        CASES.put("stateless-chain", b -> in(b)
            .map((k, v) -> KeyValue.pair(k, v)).mapValues(v -> v).flatMap((k, v) -> List.of(KeyValue.pair(k, v)))
            .flatMapValues(v -> List.of(v)).filter((k, v) -> true).filterNot((k, v) -> false)
            .selectKey((k, v) -> k).peek((k, v) -> { }).to("out"));
        CASES.put("stateless-chain-named", b -> b.stream("in", Consumed.with(S, S).withName("my-source"))
            .map((k, v) -> KeyValue.pair(k, v), Named.as("my-map")).mapValues(v -> v, Named.as("my-map-values"))
            .flatMap((k, v) -> List.of(KeyValue.pair(k, v)), Named.as("my-flat-map"))
            .flatMapValues(v -> List.of(v), Named.as("my-flat-map-values"))
            .filter((k, v) -> true, Named.as("my-filter")).filterNot((k, v) -> false, Named.as("my-filter-not"))
            .selectKey((k, v) -> k, Named.as("my-select")).peek((k, v) -> { }, Named.as("my-peek"))
            .to("out", Produced.with(S, S).withName("my-sink")));
        CASES.put("one-name-among-generated", b -> in(b)
            .mapValues(v -> v).filter((k, v) -> true, Named.as("chosen")).mapValues(v -> v).to("out"));
        CASES.put("foreach", b -> in(b).foreach((k, v) -> { }));
        CASES.put("foreach-named", b -> in(b).foreach((k, v) -> { }, Named.as("my-foreach")));
        CASES.put("several-topics", b -> b.stream(List.of("first", "second", "third", "another-topic"), Consumed.with(S, S)).to("out"));
        CASES.put("same-topic-twice", b -> {
            in(b).filter((k, v) -> true).to("a");
            in(b).mapValues(v -> v).to("b");
        });
        CASES.put("branch", b -> {
            Map<String, KStream<String, String>> map = in(b).split()
                .branch((k, v) -> true).branch((k, v) -> true).defaultBranch();
            int i = 0;
            for (String key : List.of("KSTREAM-BRANCH-00000000011", "KSTREAM-BRANCH-00000000012", "KSTREAM-BRANCH-00000000010")) {
                map.get(key).to("out-" + i++);
            }
        });
        CASES.put("branch-named", b -> {
            Map<String, KStream<String, String>> map = in(b).split(Named.as("by-"))
                .branch((k, v) -> true, Branched.as("small")).branch((k, v) -> true).defaultBranch(Branched.as("large"));
            map.get("by-small").to("s");
            map.get("by-2").mapValues(v -> v).to("m");
            map.get("by-large").to("l");
        });
        CASES.put("branch-chained", b -> in(b).split()
            .branch((k, v) -> true, Branched.withConsumer(s -> s.to("a")))
            .branch((k, v) -> true, Branched.withFunction(s -> s.mapValues(v -> v), "mapped"))
            .noDefaultBranch().forEach((name, stream) -> stream.to("b")));
        CASES.put("merge", b -> {
            KStream<String, String> other = b.stream("other", Consumed.with(S, S));
            in(b).merge(other).to("out");
        });
        CASES.put("merge-named-after-steps", b -> {
            KStream<String, String> left = in(b).filter((k, v) -> true);
            KStream<String, String> right = b.stream("other", Consumed.with(S, S)).mapValues(v -> v);
            left.merge(right, Named.as("both")).merge(b.stream("third", Consumed.with(S, S))).to("out");
        });
        CASES.put("repartition", b -> in(b).repartition(Repartitioned.with(S, S)).to("out"));
        CASES.put("repartition-named", b -> in(b).selectKey((k, v) -> v)
            .repartition(Repartitioned.<String, String>as("by-value").withKeySerde(S).withValueSerde(S).withNumberOfPartitions(3))
            .groupByKey().count());
        CASES.put("dynamic-sources-of-three", b -> {
            b.stream("c", Consumed.with(S, S)).to("out-c");
            b.stream("a", Consumed.with(S, S)).to("out-a");
            b.stream("b", Consumed.with(S, S).withName("a-first")).to("out-b");
        });
    }

    static void grouping() {
        CASES.put("word-count", b -> in(b).flatMapValues(v -> List.of(v)).groupBy((k, w) -> w, Grouped.with(S, S))
            .count(counts("counts")).toStream().to("word-counts", Produced.with(S, Serdes.Long())));
        CASES.put("count-by-key", b -> in(b).groupByKey().count().toStream().to("out"));
        CASES.put("count-by-key-named-store", b -> in(b).groupByKey().count(counts("counts")).toStream().to("out"));
        CASES.put("count-all-named", b -> in(b).groupBy((k, v) -> v, Grouped.with("grouping", S, S))
            .count(Named.as("counting"), counts("counts")).toStream(Named.as("streaming")).to("out", Produced.as("sinking")));
        CASES.put("count-unnamed-repartition", b -> in(b).selectKey((k, v) -> v).groupByKey(Grouped.with(S, S)).count().toStream().to("out"));
        CASES.put("reduce", b -> in(b).groupByKey().reduce((x, y) -> x).toStream().to("out"));
        CASES.put("reduce-repartitioned", b -> in(b).groupBy((k, v) -> v, Grouped.with(S, S)).reduce((x, y) -> x).toStream().to("out"));
        CASES.put("aggregate", b -> in(b).groupByKey().aggregate(() -> "", (k, v, a) -> a, Materialized.with(S, S)).toStream().to("out"));
        CASES.put("aggregate-named", b -> in(b).map((k, v) -> KeyValue.pair(k, v)).groupByKey(Grouped.with("g", S, S))
            .aggregate(() -> "", (k, v, a) -> a, Named.as("agg"), store("aggregates")).toStream().to("out"));
        CASES.put("two-aggregations-two-topics", b -> {
            KGroupedStream<String, String> grouped = in(b).groupBy((k, v) -> v, Grouped.with(S, S));
            grouped.count().toStream().to("counts");
            grouped.reduce((x, y) -> x).toStream().to("reduced");
        });
        CASES.put("two-aggregations-one-topic", b -> {
            KGroupedStream<String, String> grouped = in(b).groupBy((k, v) -> v, Grouped.with("shared", S, S));
            grouped.count().toStream().to("counts");
            grouped.reduce((x, y) -> x).toStream().to("reduced");
        });
        CASES.put("count-then-regroup", b -> in(b).groupByKey().count().toStream().map((k, v) -> KeyValue.pair("all", k))
            .groupByKey(Grouped.with(S, S)).count(counts("total")).toStream().to("out"));
    }

    static void tables() {
        CASES.put("table-unused", b -> rows(b));
        CASES.put("table-to-stream", b -> rows(b).toStream().to("out"));
        CASES.put("table-named-store", b -> b.table("rows", Consumed.with(S, S), store("rows-store")).toStream().to("out"));
        CASES.put("table-named-source", b -> b.table("rows", Consumed.with(S, S).withName("rows-in")).toStream().to("out"));
        CASES.put("table-filter-map", b -> rows(b).filter((k, v) -> true).filterNot((k, v) -> false).mapValues(v -> v).toStream().to("out"));
        CASES.put("table-filter-map-stores", b -> rows(b).filter((k, v) -> true, store("filtered"))
            .mapValues(v -> v, Named.as("mapping"), store("mapped")).toStream().to("out"));
        CASES.put("table-map-with-serdes", b -> rows(b).mapValues(v -> v, Materialized.with(S, S)).toStream().to("out"));
        CASES.put("table-filter-named", b -> rows(b).filter((k, v) -> true, Named.as("f")).toStream(Named.as("s")).to("out"));
        CASES.put("table-to-stream-with-key", b -> rows(b).toStream((k, v) -> v).to("out"));
        CASES.put("table-to-stream-with-key-named", b -> rows(b).toStream((k, v) -> v, Named.as("n")).to("out"));
        CASES.put("to-table", b -> in(b).toTable().toStream().to("out"));
        CASES.put("to-table-store", b -> in(b).toTable(store("newest")).toStream().to("out"));
        CASES.put("to-table-repartitioned", b -> in(b).selectKey((k, v) -> v).toTable(Materialized.with(S, S)).toStream().to("out"));
        CASES.put("to-table-repartitioned-named", b -> in(b).selectKey((k, v) -> v).toTable(Named.as("tabled"), Materialized.<String, String, KeyValueStore<Bytes, byte[]>>as("newest").withKeySerde(S).withValueSerde(S)).toStream().to("out"));
        CASES.put("count-then-filter", b -> in(b).groupByKey().count().filter((k, v) -> true).toStream().to("out"));
    }

    static void joins() {
        CASES.put("join", b -> in(b).join(rows(b), (v, r) -> v).to("out"));
        CASES.put("left-join", b -> in(b).leftJoin(rows(b), (v, r) -> v).to("out"));
        CASES.put("join-named", b -> in(b).join(rows(b), (v, r) -> v, Joined.with(S, S, S, "joining")).to("out"));
        CASES.put("join-repartitioned", b -> in(b).selectKey((k, v) -> v).join(rows(b), (v, r) -> v, Joined.with(S, S, S)).to("out"));
        CASES.put("left-join-repartitioned", b -> in(b).selectKey((k, v) -> v).leftJoin(rows(b), (v, r) -> v, Joined.with(S, S, S)).to("out"));
        CASES.put("join-repartitioned-named", b -> in(b).selectKey((k, v) -> v, Named.as("sel"))
            .join(rows(b), (v, r) -> v, Joined.with(S, S, S, "joining")).to("out"));
        CASES.put("join-repartitioned-after-named-step", b -> in(b).selectKey((k, v) -> v, Named.as("sel"))
            .leftJoin(rows(b), (v, r) -> v, Joined.with(S, S, S)).to("out"));
        CASES.put("join-computed-table", b -> in(b).join(rows(b).filter((k, v) -> true).mapValues(v -> v), (v, r) -> v).to("out"));
        CASES.put("join-computed-table-with-store", b -> in(b).join(rows(b).filter((k, v) -> true, store("filtered")).mapValues(v -> v), (v, r) -> v).to("out"));
        CASES.put("join-aggregate", b -> {
            KTable<String, Long> counts = b.stream("events", Consumed.with(S, S)).groupBy((k, v) -> v, Grouped.with(S, S)).count();
            in(b).join(counts, (v, c) -> v).to("out");
        });
        CASES.put("two-joins-one-table", b -> {
            KTable<String, String> table = rows(b);
            in(b).join(table, (v, r) -> v).to("joined");
            b.stream("other", Consumed.with(S, S)).leftJoin(table, (v, r) -> v).to("left-joined");
        });
        CASES.put("join-to-table", b -> in(b).join(b.stream("changes", Consumed.with(S, S)).toTable(), (v, r) -> v).to("out"));
        CASES.put("join-then-count", b -> in(b).join(rows(b), (v, r) -> r).groupBy((k, v) -> v, Grouped.with(S, S)).count().toStream().to("out"));
        CASES.put("join-before-other-use", b -> {
            KTable<String, String> table = rows(b);
            table.toStream().to("copy");
            in(b).join(table, (v, r) -> v).to("out");
        });
    }

    static void tableGroups() {
        CASES.put("table-group-count", b -> rows(b).groupBy((k, v) -> KeyValue.pair(v, k), Grouped.with(S, S)).count().toStream().to("out"));
        CASES.put("table-group-count-store", b -> rows(b).groupBy((k, v) -> KeyValue.pair(v, k), Grouped.with(S, S)).count(counts("counts")).toStream().to("out"));
        CASES.put("table-group-reduce", b -> rows(b).filter((k, v) -> true).groupBy((k, v) -> KeyValue.pair(v, k), Grouped.with(S, S))
            .reduce((x, y) -> x, (x, y) -> x).toStream().to("out"));
        CASES.put("table-group-aggregate", b -> rows(b).groupBy((k, v) -> KeyValue.pair(v, k), Grouped.with(S, S))
            .aggregate(() -> "", (k, v, a) -> a, (k, v, a) -> a, Materialized.with(S, S)).toStream().to("out"));
        CASES.put("table-group-named", b -> rows(b).groupBy((k, v) -> KeyValue.pair(v, k), Grouped.with("grouping", S, S))
            .aggregate(() -> "", (k, v, a) -> a, (k, v, a) -> a, Named.as("aggregating"), store("aggregates")).toStream().to("out"));
        CASES.put("table-group-twice", b -> {
            KGroupedTable<String, String> grouped = rows(b).groupBy((k, v) -> KeyValue.pair(v, k), Grouped.with(S, S));
            grouped.count().toStream().to("counts");
            grouped.reduce((x, y) -> x, (x, y) -> x).toStream().to("reduced");
        });
        CASES.put("table-group-twice-named", b -> {
            KGroupedTable<String, String> grouped = rows(b).groupBy((k, v) -> KeyValue.pair(v, k), Grouped.with("shared", S, S));
            grouped.count().toStream().to("counts");
            grouped.reduce((x, y) -> x, (x, y) -> x, Named.as("reducing"), store("reduced-rows")).toStream().to("reduced");
        });
        CASES.put("table-group-of-group", b -> rows(b).groupBy((k, v) -> KeyValue.pair(v, k), Grouped.with(S, S)).count()
            .groupBy((k, n) -> KeyValue.pair("all", n), Grouped.with(S, Serdes.Long())).count(counts("all")).toStream().to("out"));
    }

    static void tableJoins() {
        CASES.put("table-join", b -> rows(b).join(b.table("other", Consumed.with(S, S)), (x, y) -> x).toStream().to("out"));
        CASES.put("table-left-join", b -> rows(b).leftJoin(b.table("other", Consumed.with(S, S)), (x, y) -> x).toStream().to("out"));
        CASES.put("table-outer-join", b -> rows(b).outerJoin(b.table("other", Consumed.with(S, S)), (x, y) -> x).toStream().to("out"));
        CASES.put("table-join-named", b -> rows(b).join(b.table("other", Consumed.with(S, S)), (x, y) -> x, Named.as("joining")).toStream().to("out"));
        CASES.put("table-join-store", b -> rows(b).leftJoin(b.table("other", Consumed.with(S, S)), (x, y) -> x, Named.as("joining"), store("joined"))
            .toStream().to("out"));
        CASES.put("table-join-with-serdes", b -> rows(b).join(b.table("other", Consumed.with(S, S)), (x, y) -> x, Materialized.with(S, S)).toStream().to("out"));
        CASES.put("table-join-chain", b -> rows(b).join(b.table("other", Consumed.with(S, S)), (x, y) -> x)
            .outerJoin(b.table("third", Consumed.with(S, S)), (x, y) -> x).toStream().to("out"));
        CASES.put("table-join-derived", b -> rows(b).filter((k, v) -> true)
            .join(b.table("other", Consumed.with(S, S)).mapValues(v -> v), (x, y) -> x).filter((k, v) -> true).mapValues(v -> v).toStream().to("out"));
        CASES.put("table-join-of-itself", b -> {
            KTable<String, String> table = rows(b);
            table.join(table.filter((k, v) -> true), (x, y) -> x).toStream().to("out");
        });
        CASES.put("table-join-then-stream", b -> in(b)
            .join(rows(b).outerJoin(b.table("other", Consumed.with(S, S)), (x, y) -> x), (v, r) -> v).to("out"));
        CASES.put("table-join-then-group", b -> rows(b).join(b.table("other", Consumed.with(S, S)), (x, y) -> x)
            .groupBy((k, v) -> KeyValue.pair(v, k), Grouped.with(S, S)).count().toStream().to("out"));
        CASES.put("table-join-of-counts", b -> in(b).groupByKey().count(counts("left"))
            .outerJoin(b.stream("other", Consumed.with(S, S)).groupBy((k, v) -> v, Grouped.with(S, S)).count(counts("right")), (x, y) -> x, counts("difference"))
            .toStream().to("out"));
    }

    static void cogroups() {
        CASES.put("cogroup", b -> in(b).groupByKey().<String>cogroup((k, v, a) -> a)
            .cogroup(b.stream("other", Consumed.with(S, S)).groupByKey(), (k, v, a) -> a)
            .aggregate(() -> "", Materialized.with(S, S)).toStream().to("out"));
        CASES.put("cogroup-alone", b -> in(b).groupByKey().<String>cogroup((k, v, a) -> a).aggregate(() -> "", store("aggregates")).toStream().to("out"));
        CASES.put("cogroup-repartitioned", b -> in(b).groupBy((k, v) -> v, Grouped.with(S, S)).<String>cogroup((k, v, a) -> a)
            .cogroup(b.stream("other", Consumed.with(S, S)).groupByKey(), (k, v, a) -> a)
            .cogroup(b.stream("third", Consumed.with(S, S)).groupBy((k, v) -> v, Grouped.with("by-value", S, S)), (k, v, a) -> a)
            .aggregate(() -> "", Materialized.with(S, S)).toStream().to("out"));
        CASES.put("cogroup-named", b -> in(b).groupByKey().<String>cogroup((k, v, a) -> a)
            .cogroup(b.stream("other", Consumed.with(S, S)).groupByKey(), (k, v, a) -> a)
            .aggregate(() -> "", Named.as("together"), store("aggregates")).filter((k, v) -> true).toStream().to("out"));
        CASES.put("cogroup-of-one-source", b -> {
            KStream<String, String> in = in(b);
            in.groupByKey().<String>cogroup((k, v, a) -> a).cogroup(in.filter((k, v) -> true).groupByKey(), (k, v, a) -> a)
                .aggregate(() -> "", Materialized.with(S, S)).toStream().to("out");
        });
    }

    static void larger() {
        CASES.put("fan-out", b -> {
            KStream<String, String> in = in(b);
            in.to("a");
            in.filter((k, v) -> true).to("b");
            in.filter((k, v) -> true).mapValues(v -> v).to("c");
            in.filter((k, v) -> true).mapValues(v -> v).peek((k, v) -> { }).to("d");
            in.mapValues(v -> v).to("e");
        });
        CASES.put("wide-fan-out", b -> {
            KStream<String, String> in = in(b);
            for (int i = 0; i < 24; i++) {
                KStream<String, String> s = in;
                for (int j = 0; j < (i * 7) % 5; j++) s = s.mapValues(v -> v);
                s.to("out-" + i);
            }
        });
        CASES.put("wide-fan-in", b -> {
            KStream<String, String> all = in(b);
            for (int i = 0; i < 9; i++) {
                KStream<String, String> s = b.stream("in-" + i, Consumed.with(S, S));
                for (int j = 0; j < (i * 5) % 4; j++) s = s.filter((k, v) -> true);
                all = all.merge(s);
            }
            all.to("out");
        });
        CASES.put("diamond", b -> {
            KStream<String, String> in = in(b);
            KStream<String, String> left = in.filter((k, v) -> true).mapValues(v -> v);
            KStream<String, String> right = in.filterNot((k, v) -> true);
            KStream<String, String> third = in.peek((k, v) -> { });
            left.merge(right).merge(third).mapValues(v -> v).to("out");
        });
        CASES.put("twelve-subtopologies", b -> {
            for (int i = 0; i < 12; i++) b.stream("in-" + i, Consumed.with(S, S)).mapValues(v -> v).to("out-" + i);
        });
        CASES.put("many-joins-shared", b -> {
            List<KTable<String, String>> tables = new ArrayList<>();
            for (int i = 0; i < 4; i++) tables.add(b.table("rows-" + i, Consumed.with(S, S)));
            KStream<String, String> s = in(b);
            for (KTable<String, String> table : tables) s = s.leftJoin(table, (v, r) -> v);
            s.to("out");
            s.groupBy((k, v) -> v, Grouped.with("by-value", S, S)).count(counts("by-value-counts")).filter((k, v) -> true).toStream().to("counts");
            s.split(Named.as("way-")).branch((k, v) -> true, Branched.as("one")).defaultBranch(Branched.as("rest"))
                .get("way-one").selectKey((k, v) -> v).join(tables.get(2), (v, r) -> v, Joined.with(S, S, S)).to("again");
        });
    }
}
