import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;

/**
 * The judge of the chaos harness: feeds the chain with known content, reads what comes out, and says whether it is that.
 *
 * <pre>java Judge BOOTSTRAP IN,OUT,TICKS,ALARMS,CHANGELOG,DLQ... DeadLetter.avsc PARTITIONS KEYS RATE SEED</pre>
 *
 * One command a line on stdin, one JSON object a line on stdout: go | status | burst N | barrier SECONDS | move PREFIX SHARE SEED |
 * controller | whole | forget | quit. A barrier rests the feed, waits until all that was fed has come out, and compares the tables.
 */
public final class Judge {
    private static Ledger ledger;
    private static Feed feed;
    private static Read read;

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
            + "\"wrong\":%d,\"oldest_ms\":%d,\"last_out_ms\":%d,\"p50_ms\":%d,\"p99_ms\":%d%s,\"errors\":%s}",
            ok && errors.isEmpty() && ledger.wrong == 0, ledger.clock(), ledger.fed, ledger.skipped, ledger.out, ledger.dead, ledger.ticks, ledger.rung,
            ledger.wrong, ledger.oldest(), ledger.lastOut, ledger.latency(0.5), ledger.latency(0.99), more, quoted(errors));
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
        ledger = new Ledger();
        List<String> topics = List.of(a[1].split(","));
        read = new Read(ledger, a[0], topics, java.nio.file.Path.of(a[2]));
        feed = new Feed(ledger, a[0], topics.get(0), Integer.parseInt(a[3]), Integer.parseInt(a[4]), Integer.parseInt(a[5]), Long.parseLong(a[6]));
        Moves moves = new Moves(a[0]);
        read.start();
        feed.start();
        System.out.println("{\"ok\":true}");
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
                    case "move" -> "{\"ok\":true,\"moved\":" + moves.leaders(w[1], Double.parseDouble(w[2]), Long.parseLong(w[3])) + "}";
                    case "controller" -> "{\"ok\":true,\"node\":" + moves.controller() + "}";
                    case "whole" -> "{\"ok\":" + moves.whole() + "}";
                    case "forget" -> { ledger.forget(); yield "{\"ok\":true}"; }
                    default -> "{\"ok\":false,\"error\":\"unknown command\"}";
                };
            } catch (Exception e) {
                answer = "{\"ok\":false,\"error\":" + quoted(List.of(String.valueOf(e))) + "}";
            }
            System.out.println(answer);
        }
        feed.end();
        read.end();
        moves.end();
        System.exit(0);
    }
}
