package millrace;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;

/** A topology, and what goes in. */
final class Scenario {
    private final JsonNode json;

    Scenario(final JsonNode json) {
        this.json = json;
    }

    /** The result of both runs, or of none where the topology is refused. */
    Map<String, Object> run() {
        final Map<String, Object> result = new LinkedHashMap<>();
        try {
            result.put("describe", describe());
        } catch (final RuntimeException error) {
            result.put("refused", error.toString());
            return result;
        }
        if (!json.has("inputs")) return result;
        result.put("cached", run(true));
        result.put("uncached", run(false));
        return result;
    }

    /** The topology as an application of its own: what is said of it replaces what a driver is told. */
    KafkaStreams application(final Map<String, Object> place, final boolean caching) {
        final Properties config = config(caching);
        config.putAll(place);
        return new KafkaStreams(build(config).build(config), config);
    }

    private List<String> describe() {
        final Properties config = config(true);
        return Arrays.asList(build(config).build(config).describe().toString().split("\n", -1));
    }

    private Map<String, Object> run(final boolean caching) {
        final Properties config = config(caching);
        final Scope scope = build(config);
        final List<Step> inputs = new ArrayList<>();
        json.get("inputs").forEach(input -> inputs.add(new Step(input)));
        Trace.NOTES.clear();
        final Map<String, Object> result = new Run(() -> build(config).build(config), scope.sinks, config).pipe(inputs);
        if (json.path("wrapped").asBoolean()) result.put("trace", List.copyOf(Trace.NOTES));
        return result;
    }

    private Scope build(final Properties config) {
        final Scope scope = new Scope(new TopologyConfig(new StreamsConfig(config)));
        final List<Step> steps = new ArrayList<>();
        json.get("topology").forEach(step -> steps.add(new Step(step)));
        scope.run(steps);
        return scope;
    }

    private Properties config(final boolean caching) {
        final Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        config.put(StreamsConfig.STATE_DIR_CONFIG, Run.newDirectory());
        config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, caching ? 10_000_000 : 0);
        config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, AnySerde.class);
        config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, AnySerde.class);
        if (json.path("inMemory").asBoolean()) {
            config.put(StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG, BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class);
        }
        // In production, results without a match are looked for once a second, to spare RocksDB. That is no matter of semantics.
        config.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_OUTER_JOIN_SPURIOUS_RESULTS_FIX, 0L);
        if (json.path("wrapped").asBoolean()) config.put(StreamsConfig.PROCESSOR_WRAPPER_CLASS_CONFIG, Trace.class);
        if (json.has("optimization")) config.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, json.get("optimization").asText());
        return config;
    }
}
