import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads all partitions from the start with the Java client's defaults. Arguments: brokers, topic, records. */
public final class Consume {
  public static void main(String[] arguments) {
    String topic = arguments[1];
    long records = Long.parseLong(arguments[2]);
    Properties config = new Properties();
    config.put("bootstrap.servers", arguments[0]);
    config.put("enable.auto.commit", "false");
    try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream().map(at -> new TopicPartition(topic, at.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long count = 0;
      long bytes = 0;
      while (count < records) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
          count++;
          bytes += record.key().length() + record.value().length;
        }
      }
      System.out.println(
          "{\"event\":\"finished\",\"records\":" + count + ",\"bytes\":" + bytes + "}");
    }
  }
}
