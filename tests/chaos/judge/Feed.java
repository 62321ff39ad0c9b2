import java.util.List;
import java.util.Properties;
import java.util.SplittableRandom;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;

/** Writes records with known content at a steady rate, whatever the cluster does. Stream time stands still while it pauses. */
final class Feed extends Thread {
    private static final int SKIP_ONE_IN = 97, POISON_ONE_IN = 3;

    private final Ledger ledger;
    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final int keys, rate;
    private final SplittableRandom random;
    private final List<String> flushers;
    private long time = (System.currentTimeMillis() - 12 * 3600_000L) * 1000;
    private volatile boolean paused = true, ended;
    private volatile long poison;           // records of a burst that are still to come
    volatile String broken;

    Feed(Ledger ledger, String bootstrap, String topic, int partitions, int keys, int rate, long seed) {
        this.ledger = ledger;
        this.topic = topic;
        this.keys = keys;
        this.rate = rate;
        random = new SplittableRandom(seed);
        flushers = java.util.stream.IntStream.range(0, partitions).mapToObj(p -> java.util.stream.IntStream.iterate(0, i -> i + 1)
            .mapToObj(i -> "flush" + i).filter(k -> Utils.toPositive(Utils.murmur2(k.getBytes())) % partitions == p).findFirst().get()).toList();
        Properties p = new Properties();
        p.put("bootstrap.servers", bootstrap);
        p.put("acks", "all");
        p.put("enable.idempotence", "true");
        p.put("linger.ms", "25");
        p.put("batch.size", "65536");
        p.put("delivery.timeout.ms", "900000"); // longer than any fault
        p.put("request.timeout.ms", "5000");
        p.put("max.block.ms", "900000");
        p.put("buffer.memory", String.valueOf(64 << 20));
        producer = new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer());
        setName("feed");
        setDaemon(true);
    }

    private void send(String key, int flag) {
        int number = ledger.feed(key, flag, time);
        producer.send(new ProducerRecord<>(topic, null, time / 1000, key.getBytes(), Wire.record(key, number, time, flag)), (m, e) -> {
            if (e != null) broken = "the generator could not write: " + e;
        });
    }

    private void one() {
        int flag = Ledger.PASS;
        if (poison > 0) {
            poison--;
            flag = poison % POISON_ONE_IN == 0 ? Ledger.POISON : Ledger.PASS;
        } else if (random.nextInt(SKIP_ONE_IN) == 0) {
            flag = Ledger.SKIP;
        }
        send("k" + random.nextInt(keys), flag);
    }

    @Override public void run() {
        long due = System.nanoTime();
        while (!ended) {
            long now = System.nanoTime();
            if (paused || now < due) {
                if (paused) due = now;
                try { Thread.sleep(1); } catch (InterruptedException e) { return; }
                continue;
            }
            if (now - due > 1_000_000_000L) due = now; // the cluster held us up; do not make up for it in a flood
            int n = Math.max(1, rate / 200);
            synchronized (this) {
                if (paused) continue;
                for (int i = 0; i < n; i++) one();
                time += n * 1_000_000L / rate;
            }
            due += n * 1_000_000_000L / rate;
        }
    }

    void burst(long records) { poison = records; }

    void go() { paused = false; }

    /** Stops, and moves every partition's watermark far beyond all that was fed. Answers the first window that stays open. */
    synchronized long rest() {
        paused = true;
        time += 60_000_000;
        for (String key : flushers) send(key, Ledger.PASS);
        producer.flush();
        return Math.floorDiv(time, Ledger.WINDOW_US);
    }

    void end() {
        ended = true;
        producer.close(java.time.Duration.ofSeconds(5));
    }
}
