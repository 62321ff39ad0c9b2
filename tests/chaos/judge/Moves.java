import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/** Makes the topics; moves leaders about, and with those of the internal topics the coordinators; watches the cluster. */
final class Moves {
    private static final int LOOK_MS = 300;

    private final Admin admin;
    private final ExecutorService mover = Executors.newSingleThreadExecutor(Moves::daemon), watcher = Executors.newSingleThreadExecutor(Moves::daemon);
    private final AtomicInteger moving = new AtomicInteger();
    private volatile boolean whole;
    private volatile int controller, looks;

    private static Thread daemon(Runnable r) {
        Thread t = new Thread(r);
        t.setDaemon(true);
        return t;
    }

    Moves(String bootstrap) {
        Properties p = new Properties();
        p.put("bootstrap.servers", bootstrap);
        p.put("request.timeout.ms", "5000");
        p.put("default.api.timeout.ms", "20000");
        admin = Admin.create(p);
    }

    /** Those whose names end so are compacted, in small segments and often: a table is rebuilt after every kill. */
    void make(List<String> topics, int partitions) throws Exception {
        List<NewTopic> all = new ArrayList<>();
        for (String t : topics)
            all.add(new NewTopic(t, partitions, (short) 3).configs(t.endsWith(".changelog")
                ? Map.of("cleanup.policy", "compact", "segment.bytes", "4194304", "min.cleanable.dirty.ratio", "0.2", "delete.retention.ms", "60000")
                : Map.of("segment.bytes", "8388608", "retention.bytes", "50331648", "retention.ms", "-1")));
        admin.createTopics(all).all().get();
    }

    void watch() {
        watcher.execute(() -> {
            for (;;) {
                try {
                    controller = admin.describeMetadataQuorum().quorumInfo().get().leaderId();
                    whole = isWhole();
                } catch (Exception e) {
                    whole = false;
                }
                looks++;
                try { Thread.sleep(LOOK_MS); } catch (InterruptedException e) { return; }
            }
        });
    }

    String seen() {
        return String.format(",\"whole\":%b,\"controller\":%d,\"looks\":%d,\"moving\":%d", whole, controller, looks, moving.get());
    }

    /** In the background: a cluster that is struck may take its time, or refuse. */
    void later(String prefix, double share, long seed) {
        moving.incrementAndGet();
        mover.execute(() -> {
            try {
                leaders(prefix, share, seed);
            } catch (Exception e) {
                System.err.println("move of " + prefix + ": " + e);
            } finally {
                moving.decrementAndGet();
            }
        });
    }

    /** Puts another replica first for a share of the partitions of topics that begin so, and has it elected. */
    private void leaders(String prefix, double share, long seed) throws Exception {
        Random random = new Random(seed);
        List<String> topics = admin.listTopics(new org.apache.kafka.clients.admin.ListTopicsOptions().listInternal(true)).names().get()
            .stream().filter(t -> t.startsWith(prefix)).sorted().toList();
        Map<TopicPartition, Optional<NewPartitionReassignment>> to = new HashMap<>();
        for (TopicDescription d : admin.describeTopics(topics).allTopicNames().get().values())
            for (TopicPartitionInfo p : d.partitions()) {
                if (random.nextDouble() >= share) continue;
                List<Integer> replicas = new ArrayList<>(p.replicas().stream().map(Node::id).toList());
                Collections.rotate(replicas, 1 + random.nextInt(Math.max(1, replicas.size() - 1)));
                to.put(new TopicPartition(d.name(), p.partition()), Optional.of(new NewPartitionReassignment(replicas)));
            }
        if (to.isEmpty()) return;
        admin.alterPartitionReassignments(to).all().get();
        long end = System.currentTimeMillis() + 20_000;
        while (!admin.listPartitionReassignments(new HashSet<>(to.keySet())).reassignments().get().isEmpty() && System.currentTimeMillis() < end) Thread.sleep(20);
        admin.electLeaders(ElectionType.PREFERRED, new HashSet<>(to.keySet())).partitions().get();
    }

    /** All replicas of all partitions in step again? */
    private boolean isWhole() throws Exception {
        var names = admin.listTopics(new org.apache.kafka.clients.admin.ListTopicsOptions().listInternal(true)).names().get();
        return admin.describeTopics(names).allTopicNames().get().values().stream().flatMap(d -> d.partitions().stream())
            .allMatch(p -> p.leader() != null && p.isr().size() == p.replicas().size());
    }

    void end() { admin.close(java.time.Duration.ofSeconds(2)); }
}
