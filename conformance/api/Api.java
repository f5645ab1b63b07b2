import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Writes the names of the public methods of Kafka Streams' DSL and Processor API, one `Class.method` a line, into the directory given. */
public class Api {
    static final String[] KSTREAM = {"KStream", "BranchedKStream", "KGroupedStream", "TimeWindowedKStream", "SessionWindowedKStream",
        "CogroupedKStream", "TimeWindowedCogroupedKStream", "SessionWindowedCogroupedKStream", "KTable", "KGroupedTable", "GlobalKTable",
        "Branched", "Consumed", "EmitStrategy", "Grouped", "Joined", "JoinWindows", "Materialized", "Named", "Printed", "Produced",
        "Repartitioned", "SessionWindows", "SlidingWindows", "StreamJoined", "Suppressed", "Suppressed$BufferConfig", "TableJoined", "TimeWindows",
        "UnlimitedWindows", "Windowed", "WindowedSerdes"};
    static final String[] PROCESSOR = {"api.Processor", "api.ContextualProcessor", "api.FixedKeyProcessor", "api.ProcessorContext",
        "api.FixedKeyProcessorContext", "api.ProcessorSupplier", "api.Record", "api.FixedKeyRecord", "api.RecordMetadata", "api.ProcessorWrapper",
        "Cancellable", "Punctuator", "TimestampExtractor", "TopicNameExtractor", "StreamPartitioner"};
    static final String[] STATE = {"Stores", "StoreBuilder", "KeyValueStore", "WindowStore", "SessionStore", "VersionedKeyValueStore"};

    static final List<String> METHODS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        list("", "StreamsBuilder", "Topology");
        list("kstream.", KSTREAM);
        list("processor.", PROCESSOR);
        list("state.", STATE);
        Files.createDirectories(Path.of(args[0]));
        Files.write(Path.of(args[0], "methods.txt"), METHODS);
    }

    static void list(String pack, String... names) throws Exception {
        for (String name : names) {
            Class<?> type = Class.forName("org.apache.kafka.streams." + pack + name, false, Api.class.getClassLoader());
            TreeSet<String> methods = new TreeSet<>();
            for (Method method : type.getMethods()) {
                boolean ours = method.getDeclaringClass().getName().startsWith("org.apache.kafka.streams.");
                boolean object = method.getName().matches("equals|hashCode|toString");
                if (ours && !object && !method.isSynthetic() && Modifier.isPublic(method.getModifiers())) methods.add(method.getName());
            }
            for (String method : methods) METHODS.add(type.getSimpleName() + "." + method);
        }
    }
}
