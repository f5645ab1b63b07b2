package millrace;

import org.apache.kafka.streams.processor.TimestampExtractor;

/** The timestamp extractors that a scenario can name. */
final class Timestamps {
    private Timestamps() {}

    static TimestampExtractor extractor(final String name) {
        return switch (name) {
            // A text's length in front of the record's own time; null is left out.
            case "length" -> (record, partitionTime) -> record.value() == null ? -1 : record.timestamp() + ((String) record.value()).length();
            case "partitionTime" -> (record, partitionTime) -> partitionTime;
            default -> throw new IllegalArgumentException("There is no timestamp extractor " + name);
        };
    }
}
