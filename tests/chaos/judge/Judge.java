import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;

/**
 * The judge of the chaos harness: feeds the chain with known content, reads what comes out, and says whether it is that.
 *
 * <pre>java Judge BOOTSTRAP IN,OUT,TICKS,ALARMS,CHANGELOG,DLQ... OTHER,... DeadLetter.avsc PARTITIONS KEYS RATE SEED</pre>
 *
 * Makes all the topics. One command a line on stdin, one JSON object a line on stdout: go | status | burst N | barrier SECONDS |
 * mark ID | unmark | move PREFIX SHARE SEED | forget | quit. A barrier rests the feed, waits until all that was fed has come out,
 * and compares the tables.
 */
public final class Judge {
    private static Ledger ledger;
    private static Feed feed;
    private static Read read;
    private static Moves moves;

    private static String quoted(List<String> all) {
        StringBuilder b = new StringBuilder("[");
        for (String s : all) b.append(b.length() > 1 ? "," : "").append('"').append(s.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
        return b.append(']').toString();
    }

    private static String status(boolean ok, String more) {
        List<String> errors = ledger.errors();
        for (String b : new String[] {feed.broken, read.broken})
            if (b != null) errors.add(b);
        return String.format(java.util.Locale.ROOT, "{\"ok\":%b,\"ms\":%d,\"fed\":%d,\"skipped\":%d,\"out\":%d,\"dead\":%d,\"ticks\":%d,\"alarms\":%d,"
            + "\"wrong\":%d,\"oldest_ms\":%d,\"last_out_ms\":%d,\"p50_ms\":%d,\"p99_ms\":%d%s,\"marks\":%s%s,\"errors\":%s}",
            ok && errors.isEmpty() && ledger.wrong == 0, ledger.clock(), ledger.fed, ledger.skipped, ledger.out, ledger.dead, ledger.ticks, ledger.rung,
            ledger.wrong, ledger.oldest(), ledger.lastOut, ledger.latency(0.5), ledger.latency(0.99), moves.seen(), ledger.marks(), more,
            quoted(errors));
    }

    private static String barrier(long seconds) throws Exception {
        long began = System.currentTimeMillis(), end = began + seconds * 1000, open = feed.rest();
        while (!ledger.settled(open) && System.currentTimeMillis() < end && read.broken == null) Thread.sleep(20);
        long took = System.currentTimeMillis() - began;
        Thread.sleep(500); // what is doubled may come late
        boolean whole = read.compare(end + 30_000);
        ledger.demand(open);
        return status(whole, ",\"drain_ms\":" + took + ",\"tables_read\":" + whole);
    }

    public static void main(String[] a) throws Exception {
        java.io.PrintStream answers = System.out;
        System.setOut(System.err); // what libraries log
        int partitions = Integer.parseInt(a[4]);
        List<String> topics = List.of(a[1].split(",")), others = List.of(a[2].split(","));
        ledger = new Ledger(partitions);
        moves = new Moves(a[0]);
        moves.make(java.util.stream.Stream.concat(topics.stream(), others.stream()).toList(), partitions);
        moves.watch();
        read = new Read(ledger, a[0], topics, java.nio.file.Path.of(a[3]));
        feed = new Feed(ledger, a[0], topics.get(0), partitions, Integer.parseInt(a[5]), Integer.parseInt(a[6]), Long.parseLong(a[7]));
        read.start();
        feed.start();
        answers.println("{\"ok\":true}");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null && !line.equals("quit"); ) {
            String[] w = line.trim().split(" ");
            String answer;
            try {
                answer = switch (w[0]) {
                    case "go" -> { feed.go(); yield status(true, ""); }
                    case "status" -> status(true, "");
                    case "burst" -> { feed.burst(Long.parseLong(w[1])); yield status(true, ""); }
                    case "barrier" -> barrier(Long.parseLong(w[1]));
                    case "mark" -> { ledger.mark(Integer.parseInt(w[1])); yield "{\"ok\":true}"; }
                    case "unmark" -> { ledger.unmark(); yield "{\"ok\":true}"; }
                    case "move" -> { moves.later(w[1], Double.parseDouble(w[2]), Long.parseLong(w[3])); yield "{\"ok\":true}"; }
                    case "forget" -> { ledger.forget(); yield "{\"ok\":true}"; }
                    default -> "{\"ok\":false,\"error\":\"unknown command\"}";
                };
            } catch (Exception e) {
                answer = "{\"ok\":false,\"error\":" + quoted(List.of(String.valueOf(e))) + "}";
            }
            answers.println(answer);
        }
        feed.end();
        read.end();
        moves.end();
        System.exit(0);
    }
}
