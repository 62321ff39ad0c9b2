#!/usr/bin/env python3
"""Avro's Python library on the lines of codec_cases: one answer a line, in the same canonical form.

What the library leaves to Python is put right: it keeps an int where the reader asks for float or double, because
Python's numbers do not mind. Everything else is as the library answers."""
import io
import struct
import sys

import avro.io
import avro.schema


class Reader(avro.io.DatumReader):
    def read_data(self, writers_schema, readers_schema, decoder):
        value = super().read_data(writers_schema, readers_schema, decoder)
        return as_real(value, readers_schema)

    def _read_default_value(self, field_schema, default_value):
        return as_real(super()._read_default_value(field_schema, default_value), field_schema)


def as_real(value, schema):
    if schema.type == "float":
        return struct.unpack("<f", struct.pack("<f", float(value)))[0]
    return float(value) if schema.type == "double" else value


def canonical(v):
    if v is None:
        return "n"
    if isinstance(v, bool):
        return "t" if v else "f"
    if isinstance(v, int):
        return f"i{v}"
    if isinstance(v, float):
        return "dnan" if v != v else "d%016x" % struct.unpack("<Q", struct.pack("<d", v))
    if isinstance(v, str):
        return "s" + v.encode().hex()
    if isinstance(v, bytes):
        return "b" + v.hex()
    if isinstance(v, list):
        return "[" + ",".join(map(canonical, v)) + "]"
    names = sorted((k.encode(), x) for k, x in v.items()) if v else []
    return "{" + "".join(("," if i else " ") + k.hex() + "=" + canonical(x) for i, (k, x) in enumerate(names)) + "}"


def answer(line):
    writer, reader, message = line.split("\t")[:3]
    try:
        decoder = avro.io.BinaryDecoder(io.BytesIO(bytes.fromhex(message)))
        return canonical(Reader(avro.schema.parse(writer), avro.schema.parse(reader)).read(decoder))
    except Exception:  # the library has no one class for "does not resolve"
        return "error"


if __name__ == "__main__":
    for line in sys.stdin:
        print(answer(line.rstrip("\n")))
