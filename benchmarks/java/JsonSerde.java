import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.common.serialization.Serdes;

/** Objects as JSON, by Jackson, as most Kafka Streams applications have it. */
final class JsonSerde<T> extends Serdes.WrapperSerde<T> {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  JsonSerde(Class<T> type) {
    super(
        (topic, value) -> {
          try {
            return value == null ? null : MAPPER.writeValueAsBytes(value);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        (topic, bytes) -> {
          try {
            return bytes == null ? null : MAPPER.readValue(bytes, type);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }
}
