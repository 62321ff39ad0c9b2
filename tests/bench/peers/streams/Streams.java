import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Kafka Streams with the Processor API, one thread, until SIGTERM. Bytes are the only serde, so the Avro work is done once and in
 * the processor; J2 keeps one 16-byte value a loop in RocksDB with caching and a changelog. BENCH_INSTANCE: a static member of the
 * group, which comes back without waiting for its session to end.
 */
public final class Streams {
  static String env(String name, String otherwise) {
    String v = System.getenv(name);
    return v == null || v.isEmpty() ? otherwise : v;
  }

  abstract static class Job implements Processor<byte[], byte[], byte[], byte[]> {
    final Events events = new Events();
    ProcessorContext<byte[], byte[]> context;

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) { this.context = context; }

    @Override
    public void process(Record<byte[], byte[]> r) {
      try {
        events.decode(r.value());
        if (alerts(r)) context.forward(r.withValue(events.alert()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    abstract boolean alerts(Record<byte[], byte[]> r);
  }

  static final class J1 extends Job {
    @Override
    boolean alerts(Record<byte[], byte[]> r) { return events.isTrigger(); }
  }

  static final class J2 extends Job {
    private KeyValueStore<byte[], byte[]> counts;

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
      super.init(context);
      counts = context.getStateStore("counts");
    }

    @Override
    boolean alerts(Record<byte[], byte[]> r) {
      long window = events.time() / Events.WINDOW_US;
      byte[] old = counts.get(r.key());
      ByteBuffer b = old == null ? null : ByteBuffer.wrap(old);
      long n = b != null && b.getLong(0) == window ? b.getLong(8) + 1 : 1;
      counts.put(r.key(), ByteBuffer.allocate(16).putLong(window).putLong(n).array());
      return n == Events.THRESHOLD;
    }
  }

  static Topology topology() {
    Topology t = new Topology();
    t.addSource("in", new ByteArrayDeserializer(), new ByteArrayDeserializer(), env("BENCH_IN", null));
    if (env("BENCH_JOB", null).equals("J2")) {
      t.addProcessor("job", J2::new, "in");
      t.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("counts"), Serdes.ByteArray(), Serdes.ByteArray())
          .withCachingEnabled(), "job");
    } else {
      t.addProcessor("job", J1::new, "in");
    }
    return t.addSink("out", env("BENCH_OUT", null), new ByteArraySerializer(), new ByteArraySerializer(), "job");
  }

  static Properties properties() {
    Properties p = new Properties();
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, env("BENCH_ID", null));
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, env("BENCH_BOOTSTRAP", null));
    p.put(StreamsConfig.STATE_DIR_CONFIG, env("BENCH_DIR", null));
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
        env("BENCH_MODE", null).equals("eos") ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, env("BENCH_COMMIT_MS", "100"));
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.CHECK_CRCS_CONFIG), "false"); // librdkafka's default
    if (System.getenv("BENCH_INSTANCE") != null)
      p.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), System.getenv("BENCH_INSTANCE"));
    p.put(StreamsConfig.producerPrefix(ProducerConfig.ACKS_CONFIG), "all");
    p.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), "5");
    p.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    p.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), "262144");
    return p;
  }

  public static void main(String[] args) {
    KafkaStreams streams = new KafkaStreams(topology(), properties());
    streams.setUncaughtExceptionHandler(e -> {
      e.printStackTrace();
      Runtime.getRuntime().halt(70);
      return null;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
  }
}
