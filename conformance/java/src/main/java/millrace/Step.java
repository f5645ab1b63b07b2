package millrace;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One step of a scenario's topology: an operation and its parameters. */
record Step(JsonNode json) {
    boolean has(final String field) {
        return json.hasNonNull(field);
    }

    /** A text that must be there. */
    String text(final String field) {
        if (!has(field)) throw new IllegalArgumentException(json + " lacks " + field);
        return json.get(field).asText();
    }

    String textOr(final String field, final String otherwise) {
        return has(field) ? text(field) : otherwise;
    }

    int number(final String field) {
        text(field);
        return json.get(field).asInt();
    }

    Duration millis(final String field) {
        text(field);
        return Duration.ofMillis(json.get(field).asLong());
    }

    Duration millisOr(final String field, final long otherwise) {
        return has(field) ? millis(field) : Duration.ofMillis(otherwise);
    }

    boolean is(final String field) {
        return has(field) && json.get(field).asBoolean();
    }

    Expression expression(final String field) {
        return Expression.parse(text(field));
    }

    /** A list of texts; a single text is a list of one. */
    List<String> texts(final String field) {
        final List<String> texts = new ArrayList<>();
        if (!has(field)) return texts;
        if (json.get(field).isTextual()) texts.add(text(field));
        else json.get(field).forEach(node -> texts.add(node.asText()));
        return texts;
    }

    List<Step> steps(final String field) {
        final List<Step> steps = new ArrayList<>();
        if (has(field)) json.get(field).forEach(node -> steps.add(new Step(node)));
        return steps;
    }

    Map<String, String> map(final String field) {
        final Map<String, String> map = new HashMap<>();
        json.get(field).properties().forEach(entry -> map.put(entry.getKey(), entry.getValue().asText()));
        return map;
    }
}
