import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes records of a 16-byte key and a 100-byte value with the Java client's defaults. Arguments: brokers, topic, records, and a batch size other than the default. */
public final class Produce {
  public static void main(String[] arguments) throws Exception {
    String topic = arguments[1];
    int records = Integer.parseInt(arguments[2]);
    Properties config = new Properties();
    config.put("bootstrap.servers", arguments[0]);
    if (arguments.length > 3) config.put("batch.size", arguments[3]);
    AtomicReference<Exception> failure = new AtomicReference<>();
    try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.partitionsFor(topic);
      for (int i = 0; i < records; i++) {
        byte[] key = new byte[16];
        byte[] value = new byte[100];
        for (int at = 15, rest = i; rest > 0; at--, rest /= 10) key[at] = (byte) ('0' + rest % 10);
        for (int at = 0; at < 100; at++) value[at] = (byte) (i + at);
        producer.send(new ProducerRecord<>(topic, key, value), (metadata, error) -> {
          if (error != null) failure.set(error);
        });
      }
      producer.flush();
      if (failure.get() != null) throw failure.get();
      System.out.println("{\"event\":\"finished\",\"records\":" + records + ",\"bytes\":" + records * 116L + "}");
    }
  }
}
