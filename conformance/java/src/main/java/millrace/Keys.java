package millrace;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.kstream.WindowedSerdes;

/** What the keys of a stream or table are: plain, or windowed. */
sealed interface Keys {
    Serde<Object> serde();

    record Plain() implements Keys {
        @Override
        public Serde<Object> serde() {
            return new AnySerde();
        }
    }

    record TimeWindowed(Duration size) implements Keys {
        @Override
        @SuppressWarnings({"unchecked", "rawtypes"})
        public Serde<Object> serde() {
            return (Serde) new WindowedSerdes.TimeWindowedSerde(new AnySerde(), size.toMillis());
        }
    }

    record SessionWindowed() implements Keys {
        @Override
        @SuppressWarnings({"unchecked", "rawtypes"})
        public Serde<Object> serde() {
            return (Serde) new WindowedSerdes.SessionWindowedSerde(new AnySerde());
        }
    }
}
