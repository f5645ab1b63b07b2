package millrace;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.streams.processor.StreamPartitioner;

/** The partitioners that a step may name. */
final class Partitioners {
    private Partitioners() {}

    /** Null where the step names none. */
    static <V> StreamPartitioner<Object, V> of(final Step step) {
        if (!step.has("partitioner")) return null;
        final String name = step.text("partitioner");
        return switch (name) {
            case "keyLength" -> (topic, key, value, count) -> Optional.of(Set.of(length(key) % count));
            case "valueLength" -> (topic, key, value, count) -> Optional.of(Set.of(length(value) % count));
            case "everywhere" -> (topic, key, value, count) ->
                Optional.of(IntStream.range(0, count).boxed().collect(Collectors.toSet()));
            case "notB" -> (topic, key, value, count) ->
                value != null && Expression.text(value).startsWith("b") ? Optional.of(Set.of()) : Optional.empty();
            default -> throw new IllegalArgumentException("There is no partitioner " + name);
        };
    }

    private static int length(final Object part) {
        return part == null ? 0 : Expression.text(part).length();
    }
}
