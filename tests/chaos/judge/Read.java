import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads what became visible (read_committed) and takes it off the ledger; keeps the table that the changelog tells. */
final class Read extends Thread {
    private static final int SPACE_USER = 1; // first byte of a changelog key: an entry of the plugin's own table
    private static final int FRAME = 10;     // bytes of single-object framing

    private final Ledger ledger;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final String in, out, ticks, changelog;
    private final List<String> dlqs;
    private final GenericDatumReader<GenericRecord> letters;
    private final Map<String, long[]> table = new HashMap<>();
    private volatile boolean ended;
    private volatile Runnable asked;
    volatile String broken;

    /** topics: in, out, ticks, alarms, changelog, then dead letters. */
    Read(Ledger ledger, String bootstrap, List<String> topics, Path letterSchema) throws java.io.IOException {
        this.ledger = ledger;
        in = topics.get(0);
        out = topics.get(1);
        ticks = topics.get(2);
        changelog = topics.get(4);
        dlqs = topics.subList(5, topics.size());
        letters = new GenericDatumReader<>(new Schema.Parser().parse(letterSchema.toFile()));
        Properties p = new Properties();
        p.put("bootstrap.servers", bootstrap);
        p.put("isolation.level", "read_committed");
        p.put("enable.auto.commit", "false");
        p.put("auto.offset.reset", "earliest");
        p.put("max.poll.records", "5000");
        p.put("request.timeout.ms", "5000");
        p.put("default.api.timeout.ms", "900000");
        consumer = new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> all = new ArrayList<>();
        for (String topic : topics.subList(1, topics.size()))
            for (PartitionInfo i : consumer.partitionsFor(topic)) all.add(new TopicPartition(topic, i.partition()));
        consumer.assign(all);
        consumer.seekToBeginning(all);
        setName("read");
        setDaemon(true);
    }

    private void one(ConsumerRecord<byte[], byte[]> r) {
        if (r.topic().equals(changelog)) {
            change(r);
        } else if (dlqs.contains(r.topic())) {
            died(r);
        } else {
            Wire w = new Wire(r.value());
            if (r.topic().equals(out)) ledger.came(w.key, (int) w.number, w.flag, r.partition());
            else if (r.topic().equals(ticks)) ledger.ticked(w.key, w.number);
            else ledger.rang(w.key, w.number);
        }
    }

    private void died(ConsumerRecord<byte[], byte[]> r) {
        try {
            GenericRecord d = letters.read(null, DecoderFactory.get().binaryDecoder(r.value(), FRAME, r.value().length - FRAME, null));
            byte[] value = new byte[((ByteBuffer) d.get("value")).remaining()];
            ((ByteBuffer) d.get("value")).get(value);
            Wire w = new Wire(value);
            String origin = d.get("topic") + "/" + d.get("reason");
            ledger.died(origin.equals(in + "/poison") ? w.key : w.key + " of " + origin, (int) w.number);
        } catch (java.io.IOException | RuntimeException e) {
            ledger.died("unreadable letter: " + e, -1);
        }
    }

    private void change(ConsumerRecord<byte[], byte[]> r) {
        int space = r.key()[0];
        String key = new String(r.key(), 1, r.key().length - 1, StandardCharsets.UTF_8);
        if (space != SPACE_USER) return;
        if (r.value() == null) {
            table.remove(key);
            return;
        }
        ByteBuffer b = ByteBuffer.wrap(r.value()).order(ByteOrder.LITTLE_ENDIAN);
        table.put(key, new long[] {b.getLong(), b.getLong()});
    }

    @Override public void run() {
        try {
            while (!ended) {
                for (ConsumerRecord<byte[], byte[]> r : consumer.poll(Duration.ofMillis(50))) one(r);
                Runnable a = asked;
                if (a != null) {
                    a.run();
                    asked = null;
                }
            }
        } catch (RuntimeException e) {
            broken = "the reader could not go on: " + e;
        }
    }

    private boolean caughtUp() {
        Map<TopicPartition, Long> end = consumer.endOffsets(consumer.assignment());
        return end.entrySet().stream().allMatch(e -> consumer.position(e.getKey()) >= e.getValue());
    }

    /** Holds the table against the ledger once all that is committed has been read. False: it was not read in time. */
    boolean compare(long deadline) throws InterruptedException {
        boolean[] done = {false};
        while (System.currentTimeMillis() < deadline && !done[0] && broken == null) {
            asked = () -> {
                if (caughtUp()) {
                    ledger.compare(table);
                    done[0] = true;
                }
            };
            while (asked != null && broken == null && System.currentTimeMillis() < deadline) Thread.sleep(5);
        }
        return done[0];
    }

    void end() throws InterruptedException {
        ended = true;
        join(10_000);
    }
}
