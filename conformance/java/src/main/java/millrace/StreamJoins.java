package millrace;

import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.KeyValueMapper;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.ValueJoinerWithKey;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;

/** Joins of a stream with a stream, a table, or a global table. */
@SuppressWarnings("unchecked")
final class StreamJoins {
    private StreamJoins() {}

    static void register() {
        streams();
        tables();
        globals();
    }

    private static void streams() {
        Operators.<KStream<Object, Object>>add("KStream.join(KStream)", (from, step, scope) ->
            from.join((KStream<Object, Object>) with(step, scope), joiner(step), windows(step), joined(step)));
        Operators.<KStream<Object, Object>>add("KStream.leftJoin(KStream)", (from, step, scope) ->
            from.leftJoin((KStream<Object, Object>) with(step, scope), joiner(step), windows(step), joined(step)));
        Operators.<KStream<Object, Object>>add("KStream.outerJoin(KStream)", (from, step, scope) ->
            from.outerJoin((KStream<Object, Object>) with(step, scope), joiner(step), windows(step), joined(step)));
    }

    private static void tables() {
        Operators.<KStream<Object, Object>>add("KStream.join(KTable)", (from, step, scope) ->
            from.join((KTable<Object, Object>) with(step, scope), joiner(step), tableJoined(step)));
        Operators.<KStream<Object, Object>>add("KStream.leftJoin(KTable)", (from, step, scope) ->
            from.leftJoin((KTable<Object, Object>) with(step, scope), joiner(step), tableJoined(step)));
    }

    private static void globals() {
        Operators.<KStream<Object, Object>>add("KStream.join(GlobalKTable)", (from, step, scope) -> {
            final GlobalKTable<Object, Object> table = (GlobalKTable<Object, Object>) with(step, scope);
            return step.has("name")
                ? from.join(table, selector(step), joiner(step), Options.named(step))
                : from.join(table, selector(step), joiner(step));
        });
        Operators.<KStream<Object, Object>>add("KStream.leftJoin(GlobalKTable)", (from, step, scope) -> {
            final GlobalKTable<Object, Object> table = (GlobalKTable<Object, Object>) with(step, scope);
            return step.has("name")
                ? from.leftJoin(table, selector(step), joiner(step), Options.named(step))
                : from.leftJoin(table, selector(step), joiner(step));
        });
    }

    private static Object with(final Step step, final Scope scope) {
        return scope.get(step.text("with")).object();
    }

    private static ValueJoinerWithKey<Object, Object, Object, Object> joiner(final Step step) {
        final Expression value = step.expression("value");
        return (key, left, right) -> value.of("key", key, "left", left, "right", right);
    }

    private static KeyValueMapper<Object, Object, Object> selector(final Step step) {
        final Expression key = step.expression("key");
        return (k, v) -> key.of("key", k, "value", v);
    }

    private static JoinWindows windows(final Step step) {
        JoinWindows windows = JoinWindows.ofTimeDifferenceAndGrace(step.millisOr("differenceMs", 0), step.millisOr("graceMs", 0));
        if (step.has("beforeMs")) windows = windows.before(step.millis("beforeMs"));
        return step.has("afterMs") ? windows.after(step.millis("afterMs")) : windows;
    }

    private static StreamJoined<Object, Object, Object> joined(final Step step) {
        StreamJoined<Object, Object, Object> joined = StreamJoined.with(null, Options.ANY, Options.ANY);
        if (step.has("name")) joined = joined.withName(step.text("name"));
        if (step.has("store")) joined = joined.withStoreName(step.text("store"));
        if (step.has("logging")) joined = step.is("logging") ? joined : joined.withLoggingDisabled();
        if (Options.inMemory(step)) joined = joined.withDslStoreSuppliers(BuiltInDslStoreSuppliers.IN_MEMORY);
        return joined;
    }

    private static Joined<Object, Object, Object> tableJoined(final Step step) {
        Joined<Object, Object, Object> joined = Joined.with(null, Options.ANY, Options.ANY);
        if (step.has("name")) joined = joined.withName(step.text("name"));
        return step.has("graceMs") ? joined.withGracePeriod(step.millis("graceMs")) : joined;
    }
}
