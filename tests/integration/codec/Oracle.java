// Avro's Java library on the lines of codec_cases: one answer a line, in the same canonical form; where it has another
// fingerprint of the reader's schema than we, that is the answer.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericEnumSymbol;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.DecoderFactory;

public class Oracle {
    static String hex(byte[] b) {
        return HexFormat.of().formatHex(b);
    }

    static String text(Object o) {
        return hex(o.toString().getBytes(StandardCharsets.UTF_8));
    }

    static String fields(TreeMap<String, Object> sorted) {
        List<String> out = new ArrayList<>();
        sorted.forEach((name, value) -> out.add(name + "=" + canonical(value)));
        return "{" + (out.isEmpty() ? "" : " ") + String.join(",", out) + "}";
    }

    static String canonical(Object v) {
        if (v == null) return "n";
        if (v instanceof Boolean) return (Boolean) v ? "t" : "f";
        if (v instanceof Integer || v instanceof Long) return "i" + v;
        if (v instanceof Float || v instanceof Double) {
            double d = ((Number) v).doubleValue();
            return Double.isNaN(d) ? "dnan" : String.format("d%016x", Double.doubleToRawLongBits(d));
        }
        if (v instanceof CharSequence || v instanceof GenericEnumSymbol) return "s" + text(v);
        if (v instanceof GenericFixed) return "b" + hex(((GenericFixed) v).bytes());
        if (v instanceof ByteBuffer) {
            ByteBuffer b = ((ByteBuffer) v).duplicate();
            byte[] copy = new byte[b.remaining()];
            b.get(copy);
            return "b" + hex(copy);
        }
        if (v instanceof Collection) {
            List<String> out = new ArrayList<>();
            for (Object item : (Collection<?>) v) out.add(canonical(item));
            return "[" + String.join(",", out) + "]";
        }
        TreeMap<String, Object> sorted = new TreeMap<>();
        if (v instanceof Map) {
            ((Map<?, ?>) v).forEach((key, value) -> sorted.put(text(key), value));
        } else {
            IndexedRecord r = (IndexedRecord) v;
            for (Schema.Field f : r.getSchema().getFields()) sorted.put(text(f.name()), r.get(f.pos()));
        }
        return fields(sorted);
    }

    static String answer(String[] column) {
        Schema writer, reader;
        try {
            writer = new Schema.Parser().parse(column[0]);
            reader = new Schema.Parser().parse(column[1]);
        } catch (AvroRuntimeException e) {
            return "schema " + e.getMessage().replace('\n', ' ');
        }
        String fingerprint = String.format("%016x", SchemaNormalization.parsingFingerprint64(reader));
        if (!fingerprint.equals(column[4])) return "fingerprint " + fingerprint;
        try {
            byte[] in = HexFormat.of().parseHex(column[2]);
            return canonical(new GenericDatumReader<Object>(writer, reader).read(null, DecoderFactory.get().binaryDecoder(in, null)));
        } catch (Exception e) {
            return "error";
        }
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 20);
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, "UTF-8");
        StringBuilder all = new StringBuilder();
        for (String line; (line = in.readLine()) != null; ) all.append(answer(line.split("\t", -1))).append('\n');
        out.print(all);
        out.flush();
    }
}
