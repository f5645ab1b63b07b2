package millrace;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.kstream.Branched;
import org.apache.kafka.streams.kstream.BranchedKStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Predicate;

/** KStream.split. Each branch goes on by its own steps or under the name it is given. */
final class BranchOperators {
    private BranchOperators() {}

    static void register() {
        Operators.<KStream<Object, Object>>add("KStream.split", (from, step, scope) -> {
            final Keys keys = scope.keys();
            final BranchedKStream<Object, Object> split = step.has("name") ? from.split(Options.named(step)) : from.split();
            for (final Step branch : step.steps("branches")) {
                final Expression when = branch.expression("when");
                final Predicate<Object, Object> predicate = (k, v) -> when.holds("key", k, "value", v);
                if (branch.has("name") || branch.has("chain")) split.branch(predicate, branched(branch, keys, scope));
                else split.branch(predicate);
            }
            final Map<String, KStream<Object, Object>> streams;
            final List<Step> branches = new ArrayList<>(step.steps("branches"));
            if (step.has("otherwise")) {
                final Step otherwise = new Step(step.json().get("otherwise"));
                streams = otherwise.has("name") || otherwise.has("chain")
                    ? split.defaultBranch(branched(otherwise, keys, scope))
                    : split.defaultBranch();
                name(streams, otherwise, 0, keys, scope);
            } else {
                streams = split.noDefaultBranch();
            }
            for (int i = 0; i < branches.size(); i++) name(streams, branches.get(i), i + 1, keys, scope);
            return null;
        });
    }

    private static Branched<Object, Object> branched(final Step branch, final Keys keys, final Scope scope) {
        final String name = branch.textOr("name", null);
        if (!branch.has("chain")) return Branched.as(name);
        if (!branch.is("returns")) {
            return Branched.withConsumer(stream -> scope.continued(new Scope.Made(stream, keys), branch.steps("chain")), name);
        }
        return Branched.withFunction(stream -> stream(scope.continued(new Scope.Made(stream, keys), branch.steps("chain"))), name);
    }

    @SuppressWarnings("unchecked")
    private static KStream<Object, Object> stream(final Scope.Made made) {
        return (KStream<Object, Object>) made.object();
    }

    /** The map's keys begin with the name of the split, which may be a generated one. */
    private static void name(
        final Map<String, KStream<Object, Object>> streams, final Step branch, final int number, final Keys keys, final Scope scope
    ) {
        if (!branch.has("as")) return;
        final String suffix = branch.textOr("name", String.valueOf(number));
        final String full = streams.keySet().stream().filter(name -> name.endsWith(suffix)).findFirst().orElseThrow();
        scope.name(branch.text("as"), new Scope.Made(streams.get(full), keys));
    }
}
