package millrace;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;

/** What the steps of one scenario have made so far. */
final class Scope {
    /** A stream, a table, or something on the way to one, and what its keys are. */
    record Made(Object object, Keys keys) {}

    /** For a topology of the Processor API, which has no builder. */
    final Topology topology;
    final StreamsBuilder builder;
    /** What the keys written to topics are. */
    final Map<String, Keys> sinks = new HashMap<>();
    private final Map<String, Made> named = new HashMap<>();
    private Made previous;
    private Keys keys;
    private boolean lowLevel;

    Scope(final TopologyConfig config) {
        topology = new Topology(config);
        builder = new StreamsBuilder(config);
    }

    void run(final List<Step> steps) {
        for (final Step step : steps) run(step);
    }

    /** Runs steps on from something, and returns what the last of them made. */
    Made continued(final Made from, final List<Step> steps) {
        previous = from;
        run(steps);
        return previous;
    }

    private void run(final Step step) {
        final Made from = step.has("from") ? get(step.text("from")) : previous;
        keys = from == null ? null : from.keys();
        final Made made = Operators.apply(from, step, this);
        if (made == null) return;
        previous = made;
        if (step.has("as")) name(step.text("as"), made);
    }

    void name(final String name, final Made made) {
        named.put(name, made);
    }

    Made get(final String name) {
        if (!named.containsKey(name)) throw new IllegalArgumentException("Nothing is named " + name);
        return named.get(name);
    }

    /** What the keys are that the step at hand starts from. */
    Keys keys() {
        return keys;
    }

    Topology lowLevel() {
        lowLevel = true;
        return topology;
    }

    Topology build(final Properties config) {
        return lowLevel ? topology : builder.build(config);
    }
}
