package millrace;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.streams.kstream.CogroupedKStream;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KGroupedTable;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.SessionWindowedCogroupedKStream;
import org.apache.kafka.streams.kstream.SessionWindowedKStream;
import org.apache.kafka.streams.kstream.TimeWindowedCogroupedKStream;
import org.apache.kafka.streams.kstream.TimeWindowedKStream;

/** All operations by class and name: <code>KStream.filter</code>, <code>KStream.join(KTable)</code>. */
final class Operators {
    /** What a step does. The arguments are of the classes its name says. */
    interface Operator<F> {
        Object apply(F from, Step step, Scope scope);
    }

    /** As Operator, where the keys of the result are others than those of what it comes from. */
    interface Rekeying<F> {
        Scope.Made apply(F from, Step step, Scope scope);
    }

    private static final Map<String, Class<?>> KINDS = new LinkedHashMap<>();
    private static final Map<String, Operator<Scope.Made>> ALL = new HashMap<>();

    static {
        for (final Class<?> kind : new Class<?>[] {
            KStream.class, KTable.class, GlobalKTable.class, KGroupedStream.class, KGroupedTable.class, CogroupedKStream.class,
            TimeWindowedKStream.class, SessionWindowedKStream.class, TimeWindowedCogroupedKStream.class, SessionWindowedCogroupedKStream.class
        }) KINDS.put(kind.getSimpleName(), kind);
        BuilderOperators.register();
        StreamOperators.register();
        BranchOperators.register();
        TableOperators.register();
        GroupOperators.register();
        CogroupOperators.register();
        WindowOperators.register();
        StreamJoins.register();
        TableJoins.register();
        ProcessorOperators.register();
        TopologyOperators.register();
    }

    private Operators() {}

    /** The result has the keys of what it comes from. */
    @SuppressWarnings("unchecked")
    static <F> void add(final String name, final Operator<F> operator) {
        ALL.put(name, (from, step, scope) -> {
            final Object result = operator.apply(from == null ? null : (F) from.object(), step, scope);
            return result == null ? null : new Scope.Made(result, from.keys());
        });
    }

    @SuppressWarnings("unchecked")
    static <F> void addRekeying(final String name, final Rekeying<F> operator) {
        ALL.put(name, (from, step, scope) -> operator.apply(from == null ? null : (F) from.object(), step, scope));
    }

    static Scope.Made apply(final Scope.Made from, final Step step, final Scope scope) {
        final String name = name(from, step, scope);
        if (!ALL.containsKey(name)) throw new IllegalArgumentException("There is no operation " + name);
        return (Scope.Made) ALL.get(name).apply(from, step, scope);
    }

    /** Operations of the builder start a chain; all others belong to what they come from. */
    private static String name(final Scope.Made from, final Step step, final Scope scope) {
        final String op = step.text("op");
        if (ALL.containsKey("StreamsBuilder." + op)) return "StreamsBuilder." + op;
        if (ALL.containsKey("Topology." + op)) return "Topology." + op;
        if (from == null) throw new IllegalArgumentException(op + " comes first");
        final String argument = step.has("with") ? "(" + kind(scope.get(step.text("with")).object()) + ")" : "";
        return kind(from.object()) + "." + op + argument + (step.has("foreignKey") ? "ByForeignKey" : "");
    }

    static String kind(final Object object) {
        return KINDS.entrySet().stream().filter(kind -> kind.getValue().isInstance(object)).findFirst().orElseThrow().getKey();
    }
}
