package millrace;

import java.util.regex.Pattern;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.state.Stores;

/** Topology, the Processor API without a builder. Nodes are connected by the names in <code>parents</code>. */
final class TopologyOperators {
    private static final Serializer<Object> WRITE = Options.ANY.serializer();
    private static final Deserializer<Object> READ = Options.ANY.deserializer();

    private TopologyOperators() {}

    static void register() {
        Operators.add("Topology.addSource", (from, step, scope) -> {
            if (step.has("pattern")) scope.lowLevel().addSource(step.text("name"), READ, READ, Pattern.compile(step.text("pattern")));
            else scope.lowLevel().addSource(step.text("name"), READ, READ, step.texts("topic").toArray(new String[0]));
            return null;
        });
        Operators.add("Topology.addProcessor", (from, step, scope) -> {
            scope.lowLevel().addProcessor(step.text("name"), Processors.supplier(step), step.texts("parents").toArray(new String[0]));
            return null;
        });
        Operators.add("Topology.addStore", (from, step, scope) -> {
            scope.lowLevel().addStateStore(Processors.store(step), step.texts("processors").toArray(new String[0]));
            return null;
        });
        Operators.add("Topology.addReadOnlyStore", (from, step, scope) -> {
            scope.lowLevel().addReadOnlyStateStore(
                Processors.store(step), step.text("source"), READ, READ, step.text("topic"), step.text("name"), Processors.global(step));
            return null;
        });
        Operators.add("Topology.connectStores", (from, step, scope) -> {
            scope.lowLevel().connectProcessorAndStateStores(step.text("name"), step.texts("stores").toArray(new String[0]));
            return null;
        });
        Operators.add("Topology.addGlobalProcessor", (from, step, scope) -> {
            scope.lowLevel().addGlobalStore(
                Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(step.text("store")), Options.ANY, Options.ANY).withLoggingDisabled(),
                step.text("source"), READ, READ, step.text("topic"), step.text("name"), Processors.global(step));
            return null;
        });
        Operators.add("Topology.addSink", (from, step, scope) -> {
            scope.sinks.put(step.text("topic"), new Keys.Plain());
            scope.lowLevel().addSink(step.text("name"), step.text("topic"), WRITE, WRITE, Partitioners.of(step), step.texts("parents").toArray(new String[0]));
            return null;
        });
    }
}
