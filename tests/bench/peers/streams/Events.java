import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.Utf8;

/** Avro with single-object framing; decoders, encoders and records are reused. One instance a thread. */
final class Events {
  static final long WINDOW_US = 10_000_000L;
  static final int THRESHOLD = 18;

  private static final Utf8 LOAD = new Utf8("load");
  private final byte[] eventHeader;
  private final byte[] alertHeader;
  private final int id, loop, kind, time, metrics;
  private final GenericDatumReader<GenericRecord> reader;
  private final GenericDatumWriter<GenericRecord> writer;
  private final GenericRecord alert;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
  private GenericRecord event;
  private BinaryDecoder decoder;
  private BinaryEncoder encoder;

  Events() {
    Schema in = schema("closed_loop_event.avsc");
    Schema out = schema("alert.avsc");
    eventHeader = header(in);
    alertHeader = header(out);
    id = in.getField("id").pos();
    loop = in.getField("loop").pos();
    kind = in.getField("kind").pos();
    time = in.getField("event_time").pos();
    metrics = in.getField("metrics").pos();
    reader = new GenericDatumReader<>(in);
    writer = new GenericDatumWriter<>(out);
    alert = new GenericData.Record(out);
  }

  private static Schema schema(String file) {
    try {
      return new Schema.Parser().parse(new File(System.getenv("BENCH_SCHEMAS"), file));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] header(Schema s) {
    return ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).put((byte) 0xc3).put((byte) 1)
        .putLong(SchemaNormalization.parsingFingerprint64(s)).array();
  }

  /** Decodes all fields; the getters below speak of this event until the next call. */
  void decode(byte[] value) throws IOException {
    if (value.length < 10 || !Arrays.equals(value, 0, 10, eventHeader, 0, 10)) throw new IOException("not a ClosedLoopEvent");
    decoder = DecoderFactory.get().binaryDecoder(value, 10, value.length - 10, decoder);
    event = reader.read(event, decoder);
  }

  boolean isTrigger() {
    return ((GenericData.EnumSymbol) event.get(kind)).toString().equals("TRIGGER");
  }

  long time() { return (Long) event.get(time); }

  byte[] alert() throws IOException {
    alert.put(0, event.get(loop));
    alert.put(1, event.get(id));
    alert.put(2, time());
    alert.put(3, (int) ((Double) ((Map<?, ?>) event.get(metrics)).get(LOAD) / 20));
    bytes.reset();
    bytes.write(alertHeader);
    encoder = EncoderFactory.get().directBinaryEncoder(bytes, encoder);
    writer.write(alert, encoder);
    return bytes.toByteArray();
  }
}
