import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The chaos records in Avro, written by hand: {key: string, number: long, time: long, flag: long}, single-object framing. */
final class Wire {
    /** Parsing canonical form; the plugins carry the same schema. */
    static final String RECORD = "{\"name\":\"chaos.Record\",\"type\":\"record\",\"fields\":[{\"name\":\"key\",\"type\":\"string\"},"
        + "{\"name\":\"number\",\"type\":\"long\"},{\"name\":\"time\",\"type\":\"long\"},{\"name\":\"flag\",\"type\":\"long\"}]}";

    private static final byte[] HEAD = head();

    private static byte[] head() {
        long empty = 0xc15d213aa4d7a795L, fp = empty;
        for (byte b : RECORD.getBytes(StandardCharsets.UTF_8)) {
            long x = (fp ^ b) & 0xff;
            for (int i = 0; i < 8; i++) x = x >>> 1 ^ (empty & -(x & 1));
            fp = fp >>> 8 ^ x;
        }
        return ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).put((byte) 0xc3).put((byte) 1).putLong(fp).array();
    }

    static byte[] record(String key, long number, long time, long flag) {
        byte[] k = key.getBytes(StandardCharsets.UTF_8);
        ByteBuffer b = ByteBuffer.allocate(10 + 5 + k.length + 30).put(HEAD);
        number(b, k.length);
        b.put(k);
        number(b, number);
        number(b, time);
        number(b, flag);
        byte[] all = new byte[b.position()];
        b.flip().get(all);
        return all;
    }

    private static void number(ByteBuffer b, long v) {
        for (long z = v << 1 ^ v >> 63; ; z >>>= 7) {
            b.put((byte) ((z & ~0x7fL) == 0 ? z : z & 0x7f | 0x80));
            if ((z & ~0x7fL) == 0) return;
        }
    }

    final String key;
    final long number, time, flag;

    Wire(byte[] bytes) {
        ByteBuffer b = ByteBuffer.wrap(bytes);
        byte[] head = new byte[10];
        b.get(head);
        if (!java.util.Arrays.equals(head, HEAD)) throw new IllegalArgumentException("not a chaos record");
        byte[] k = new byte[(int) number(b)];
        b.get(k);
        key = new String(k, StandardCharsets.UTF_8);
        number = number(b);
        time = number(b);
        flag = number(b);
    }

    private static long number(ByteBuffer b) {
        long z = 0;
        for (int shift = 0; ; shift += 7) {
            byte x = b.get();
            z |= (long) (x & 0x7f) << shift;
            if (x >= 0) return z >>> 1 ^ -(z & 1);
        }
    }
}
