package millrace;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/** Scenarios that run as applications on a broker, by application id. */
final class Applications {
    /** Those who stop leave their group at once: else a restart would wait until their session has ended. */
    private static final CloseOptions LEAVING = CloseOptions
        .groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
        .withTimeout(Duration.ofSeconds(30));

    private final Map<String, KafkaStreams> running = new HashMap<>();
    private final Map<String, String> failures = new HashMap<>();

    /** The state of the application, and why it failed if it did, after <code>do</code>: start, stop or nothing. */
    Map<String, Object> answer(final JsonNode command) {
        final String id = command.get("application").asText();
        switch (command.path("do").asText()) {
            case "start" -> start(id, command);
            case "stop" -> stop(id);
            default -> { }
        }
        final Map<String, Object> answer = new HashMap<>();
        if (running.containsKey(id)) answer.put("state", running.get(id).state().name());
        synchronized (failures) {
            if (failures.containsKey(id)) answer.put("failed", failures.get(id));
        }
        return answer;
    }

    private void start(final String id, final JsonNode command) {
        try {
            final KafkaStreams application = new Scenario(command.get("scenario")).application(place(id, command), command.get("caching").asBoolean());
            application.setUncaughtExceptionHandler(error -> {
                fail(id, error);
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            running.put(id, application);
            application.start();
        } catch (final RuntimeException error) {
            fail(id, error);
        }
    }

    private static Map<String, Object> place(final String id, final JsonNode command) {
        final Map<String, Object> place = new HashMap<>();
        place.put(StreamsConfig.APPLICATION_ID_CONFIG, id);
        place.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, command.get("brokers").asText());
        place.put(StreamsConfig.STATE_DIR_CONFIG, command.get("stateDirectory").asText());
        place.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, command.get("commitIntervalMs").asInt());
        // What went through a repartition topic is read at the end.
        place.put(StreamsConfig.REPARTITION_PURGE_INTERVAL_MS_CONFIG, (int) Duration.ofHours(1).toMillis());
        return place;
    }

    private void stop(final String id) {
        final KafkaStreams application = running.remove(id);
        if (application != null && !application.close(LEAVING)) fail(id, new IllegalStateException("It does not stop."));
    }

    private void fail(final String id, final Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) root = root.getCause();
        synchronized (failures) {
            failures.put(id, root.toString());
        }
    }

    void close() {
        for (final String id : running.keySet().toArray(String[]::new)) stop(id);
    }
}
