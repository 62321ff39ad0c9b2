import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What was fed and has not come out yet, key by key. Whatever comes out is taken off; what is not there to be taken off is an error,
 * and so is what is still there when everything must have come out. Knows nothing of Kafka or Tocsin.
 */
final class Ledger {
    static final int PASS = 0, SKIP = 1, POISON = 2;
    static final long WINDOW_US = 2_000_000;
    static final int ALARM_EVERY = 50;
    private static final int ERRORS_KEPT = 50;

    /** A queue of longs: sent (ms since start) << 34 | number << 2 | flag. */
    private static final class Longs {
        private long[] at = new long[16];
        private int head, n;

        void add(long v) {
            if (n == at.length) {
                long[] more = new long[2 * n];
                for (int i = 0; i < n; i++) more[i] = at[(head + i) % n];
                at = more;
                head = 0;
            }
            at[(head + n++) % at.length] = v;
        }

        long first() { return at[head]; }

        void drop() {
            head = (head + 1) % at.length;
            n--;
        }
    }

    static final class Account {
        final Longs due = new Longs();
        int fed, came;              // numbers given out; records that came through
        int last = -1;              // number of the last that came through
        long window = Long.MIN_VALUE; // of the last that was fed and is to come through
    }

    /** A moment; served once every partition has given out a record that was fed after it. */
    private static final class Mark {
        final long at;
        final boolean[] seen;
        int open;
        long served = -1;

        Mark(long at, int partitions) {
            this.at = at;
            seen = new boolean[partitions];
            open = partitions;
        }
    }

    private final Map<Integer, Mark> marks = new java.util.TreeMap<>();
    private final int partitions;
    private final Map<String, Account> accounts = new HashMap<>();
    private final Set<String> poison = new HashSet<>(), windows = new HashSet<>(), alarms = new HashSet<>();
    private final List<String> errors = new ArrayList<>();
    private final Map<Long, Integer> waiting = new java.util.TreeMap<>(); // second of sending -> records not out yet
    private final long start = System.currentTimeMillis();
    private final int[] latency = new int[120_000]; // ms
    long fed, skipped, out, dead, ticks, rung, wrong, lastOut;

    Ledger(int partitions) { this.partitions = partitions; }

    private void error(String text) {
        wrong++;
        if (errors.size() < ERRORS_KEPT) errors.add(text);
    }

    long clock() { return System.currentTimeMillis() - start; }

    /** The number of the next record of a key; it is to be sent right after. */
    synchronized int feed(String key, int flag, long time) {
        Account a = accounts.computeIfAbsent(key, k -> new Account());
        int number = a.fed++;
        fed++;
        if (flag == POISON) poison.add(key + ":" + number);
        if (flag == SKIP) skipped++;
        if (flag != PASS) return number;
        long sent = clock();
        a.due.add(sent << 34 | (long) number << 2 | flag);
        waiting.merge(sent / 1000, 1, Integer::sum);
        long window = Math.floorDiv(time, WINDOW_US);
        if (window != a.window) {
            a.window = window;
            windows.add(key + ":" + window);
        }
        if (number % ALARM_EVERY == 0) alarms.add(key + ":" + number);
        return number;
    }

    /** A record came through, as the n-th of its key. */
    synchronized void came(String key, int number, long nth, int partition) {
        Account a = accounts.get(key);
        lastOut = clock();
        if (a == null || a.due.n == 0) {
            error("came and was not due: " + key + ":" + number);
            return;
        }
        while (a.due.n > 0 && (int) (a.due.first() >> 2 & 0xffffffffL) < number) {
            error("lost or overtaken: " + key + ":" + (int) (a.due.first() >> 2 & 0xffffffffL) + " before " + number);
            settle(a);
        }
        if (a.due.n == 0 || (int) (a.due.first() >> 2 & 0xffffffffL) != number) {
            error("doubled or misplaced: " + key + ":" + number + ", last was " + a.last);
            return;
        }
        serve(a.due.first() >>> 34, partition);
        settle(a);
        a.last = number;
        a.came++;
        out++;
        if (nth != a.came) {
            error("state is wrong: " + key + ":" + number + " was counted as number " + nth + ", it is " + a.came);
            a.came = (int) nth; // told once, not for every record after it
        }
    }

    private void serve(long sent, int partition) {
        for (Mark m : marks.values()) {
            if (m.served >= 0 || sent <= m.at || m.seen[partition]) continue;
            m.seen[partition] = true;
            if (--m.open == 0) m.served = clock() - m.at;
        }
    }

    synchronized void mark(int id) { marks.put(id, new Mark(clock(), partitions)); }

    synchronized void unmark() { marks.clear(); }

    /** JSON: milliseconds from each mark until it was served; -1: not yet. */
    synchronized String marks() {
        StringBuilder b = new StringBuilder("{");
        marks.forEach((id, m) -> b.append(b.length() > 1 ? "," : "").append('"').append(id).append("\":").append(m.served));
        return b.append('}').toString();
    }

    private void settle(Account a) {
        long sent = a.due.first() >>> 34;
        a.due.drop();
        latency[(int) Math.max(0, Math.min(latency.length - 1, clock() - sent))]++;
        waiting.computeIfPresent(sent / 1000, (k, v) -> v == 1 ? null : v - 1);
    }

    synchronized void died(String key, int number) {
        dead++;
        if (!poison.remove(key + ":" + number)) error("dead letter doubled or undeserved: " + key + ":" + number);
    }

    synchronized void ticked(String key, long window) {
        ticks++;
        if (!windows.remove(key + ":" + window)) error("event timer doubled or undeserved: " + key + " window " + window);
    }

    synchronized void rang(String key, long number) {
        rung++;
        if (!alarms.remove(key + ":" + number)) error("wall timer doubled or undeserved: " + key + ":" + number);
    }

    /** Milliseconds that the oldest record not out yet has waited; 0: none waits. */
    synchronized long oldest() {
        return waiting.isEmpty() ? 0 : Math.max(1, clock() - waiting.keySet().iterator().next() * 1000);
    }

    /** Everything has come, but for windows at or after `open`. */
    synchronized boolean settled(long open) {
        return waiting.isEmpty() && poison.isEmpty() && alarms.isEmpty()
            && windows.stream().allMatch(w -> Long.parseLong(w.substring(w.indexOf(':') + 1)) >= open);
    }

    /** What should have come and did not: errors. */
    synchronized void demand(long open) {
        for (Map.Entry<String, Account> e : accounts.entrySet())
            for (Longs q = e.getValue().due; q.n > 0; settle(e.getValue()))
                error("lost: " + e.getKey() + ":" + (int) (q.first() >> 2 & 0xffffffffL));
        for (String s : poison) error("lost dead letter: " + s);
        for (String s : alarms) error("lost wall timer: " + s);
        for (String s : windows)
            if (Long.parseLong(s.substring(s.indexOf(':') + 1)) < open) error("lost event timer: " + s);
        poison.clear();
        alarms.clear();
        windows.removeIf(s -> Long.parseLong(s.substring(s.indexOf(':') + 1)) < open);
    }

    /** The table as it was rebuilt from the changelog: count and last number of each key. */
    synchronized void compare(Map<String, long[]> table) {
        for (Map.Entry<String, Account> e : accounts.entrySet()) {
            Account a = e.getValue();
            long[] row = table.get(e.getKey());
            if (a.came > 0 && (row == null || row[0] != a.came || row[1] != a.last))
                error("table: " + e.getKey() + " is " + (row == null ? "not there" : row[0] + ", last " + row[1]) + ", should be " + a.came + ", last " + a.last);
        }
        for (String key : table.keySet())
            if (!accounts.containsKey(key)) error("table: " + key + " was never fed");
    }

    /** Share p of the latencies since the last call with forget. */
    synchronized int latency(double p) {
        long n = 0, seen = 0;
        for (int x : latency) n += x;
        for (int ms = 0; ms < latency.length; ms++)
            if ((seen += latency[ms]) >= p * n && n > 0) return ms;
        return 0;
    }

    synchronized void forget() { java.util.Arrays.fill(latency, 0); }

    synchronized List<String> errors() {
        List<String> all = new ArrayList<>(errors);
        errors.clear();
        return all;
    }
}
