import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/** Moves leaders about, and with those of the internal topics the coordinators. */
final class Moves {
    private final Admin admin;

    Moves(String bootstrap) {
        Properties p = new Properties();
        p.put("bootstrap.servers", bootstrap);
        p.put("request.timeout.ms", "5000");
        p.put("default.api.timeout.ms", "20000");
        admin = Admin.create(p);
    }

    int controller() throws Exception {
        return admin.describeMetadataQuorum().quorumInfo().get().leaderId();
    }

    /** Puts another replica first for a share of the partitions of topics that begin so, and has it elected. */
    int leaders(String prefix, double share, long seed) throws Exception {
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
        if (to.isEmpty()) return 0;
        admin.alterPartitionReassignments(to).all().get();
        while (!admin.listPartitionReassignments(new HashSet<>(to.keySet())).reassignments().get().isEmpty()) Thread.sleep(20);
        admin.electLeaders(ElectionType.PREFERRED, new HashSet<>(to.keySet())).partitions().get();
        return to.size();
    }

    /** All replicas of all partitions in step again? */
    boolean whole() throws Exception {
        var names = admin.listTopics(new org.apache.kafka.clients.admin.ListTopicsOptions().listInternal(true)).names().get();
        return admin.describeTopics(names).allTopicNames().get().values().stream().flatMap(d -> d.partitions().stream())
            .allMatch(p -> p.leader() != null && p.isr().size() == p.replicas().size());
    }

    void end() { admin.close(java.time.Duration.ofSeconds(2)); }
}
