/* One record in one line, for people and for programs. */
#include "bin/tap.h"

#include "bin/incident_print.h"
#include "bin/tame.h"
#include "value/utf8.h"
#include "value/value.h"
#include "json/json.h"

#include <tocsin/value.h>

#define HEX_BYTES 256u /* of what cannot be decoded, on a line; --json has all of it */
#define KEY_BYTES 64u

typedef struct Seen { /* what became of a value */
        const TapPort *port; /* whose schema fits; else the first of the topic */
        tocsin_value value;
        bool decoded;
        Why why;
} Seen;

/* Decoded as one port reads or writes it. */
static int decode(Tap *t, const TapPort *p, Bytes in, tocsin_value *ret, Why *why) {
        if (p->port->format == TOCSIN_AVRO) {
                int r = decoder_read(p->decoder, in, true, t->arena, ret, why);
                if (r > 0 && !why->text[0])
                        why_say(why, r, "%s", codec_answer(r));
                return r;
        }
        if (p->port->format == TOCSIN_JSON)
                return json_parse(t->arena, in, ret, NULL, why);
        *ret = (tocsin_value){ .kind = utf8_valid(in.ptr, in.len) ? TOCSIN_STR : TOCSIN_BYTES,
                               .len = (uint32_t)in.len,
                               .u.bytes = in.ptr };
        return 0;
}

static void look(Tap *t, const BusRecord *r, Seen *ret) {
        *ret = (Seen){ 0 };
        arena_reset(t->arena);
        for (uint32_t i = 0; i < t->n && !ret->decoded; i++) {
                TapPort *p = &t->port[i];
                Why why = { 0 };
                if (strcmp(p->topic, t->topics[r->topic]) != 0)
                        continue;
                ret->decoded = !r->value.ptr || decode(t, p, r->value, &ret->value, &why) == 0;
                if (!ret->port)
                        ret->why = why;
                if (!ret->port || ret->decoded)
                        ret->port = p;
        }
}

/* All ports of the topic: "a", "a+b". */
static void ports_put(Buffer *out, const Tap *t, const BusRecord *r) {
        const char *between = "";
        for (uint32_t i = 0; i < t->n; i++)
                if (strcmp(t->port[i].topic, t->topics[r->topic]) == 0) {
                        buffer_put_z(out, between);
                        buffer_put_z(out, t->port[i].port->name);
                        between = "+";
                }
}

static const char *way(const tocsin_port *p) {
        return p->role == TOCSIN_INTERNAL   ? "internal"
               : p->role == TOCSIN_TABLE    ? "table"
               : p->direction == TOCSIN_OUT ? "out"
                                            : "in";
}

static void hex(Buffer *out, Bytes b, size_t most) {
        for (size_t i = 0; i < b.len && i < most; i++)
                buffer_printf(out, "%02x", b.ptr[i]);
        if (b.len > most)
                buffer_printf(out, "… (%zu bytes)", b.len);
}

/* ---- for people ---------------------------------------------------------------------------------------- */

static void key_text(Buffer *out, Bytes key) {
        if (!key.ptr) {
                buffer_put_z(out, "-");
        } else if (utf8_valid(key.ptr, key.len)) {
                tame(out, key, 0);
        } else {
                buffer_put_z(out, "0x");
                hex(out, key, KEY_BYTES);
        }
}

void tap_text(Buffer *out, Tap *t, const BusRecord *r) {
        Seen s;
        look(t, r, &s);
        incident_time(out, r->time_us);
        buffer_put_z(out, "  ");
        ports_put(out, t, r);
        buffer_printf(out, " %s  %s/%d/%lld  ", way(s.port->port), t->topics[r->topic], (int)r->partition, (long long)r->offset);
        key_text(out, r->key);
        buffer_put_z(out, "  ");
        if (!r->value.ptr) {
                buffer_put_z(out, "(no value)");
        } else if (s.decoded) {
                Buffer one = BUFFER_NULL;
                value_print(&one, &s.value);
                tame(out, buffer_bytes(&one), 0);
                buffer_deinit(&one);
        } else {
                buffer_put_z(out, "(not decoded: ");
                tame(out, bytes_z(s.why.text), 0);
                buffer_put_z(out, ") 0x");
                hex(out, r->value, HEX_BYTES);
        }
        buffer_u8(out, '\n');
}

/* ---- for programs, whose output may be a terminal all the same ------------------------------------------ */

/* What steers and stands in JSON stands in its strings, where an escape means the same. */
static void quiet(Buffer *out, Bytes json) {
        for (size_t i = 0; i < json.len; i++) {
                const uint8_t *p = json.ptr + i;
                size_t left = json.len - i;
                if (p[0] == 0x7f) {
                        buffer_put_z(out, "\\u007f");
                } else if (left >= 2 && p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) {
                        buffer_printf(out, "\\u%04x", p[1]);
                        i++;
                } else if (left >= 3 && p[0] == 0xe2 && (p[1] == 0x80 || p[1] == 0x81) &&
                           ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9))) {
                        buffer_printf(out, "\\u%04x", 0x2000 + ((p[1] & 1) << 6) + (p[2] & 0x3f));
                        i += 2;
                } else {
                        buffer_u8(out, *p);
                }
        }
}

static void key_json(Buffer *out, Bytes key) {
        if (!key.ptr) {
                buffer_put_z(out, "null");
        } else if (utf8_valid(key.ptr, key.len)) {
                value_print_string(out, key);
        } else {
                buffer_put_z(out, "null,\"key_hex\":\"");
                hex(out, key, SIZE_MAX);
                buffer_u8(out, '"');
        }
}

void tap_json(Buffer *out, Tap *t, const BusRecord *r) {
        Seen s;
        Buffer one = BUFFER_NULL;
        look(t, r, &s);
        buffer_put_z(&one, "{\"port\":\"");
        ports_put(&one, t, r);
        buffer_printf(&one, "\",\"direction\":\"%s\",\"topic\":", way(s.port->port));
        value_print_string(&one, bytes_z(t->topics[r->topic]));
        buffer_printf(&one, ",\"partition\":%d,\"offset\":%lld,\"time_us\":%lld,\"key\":", (int)r->partition,
                      (long long)r->offset, (long long)r->time_us);
        key_json(&one, r->key);
        if (!r->value.ptr) {
                buffer_put_z(&one, ",\"value\":null");
        } else if (s.decoded) {
                buffer_put_z(&one, ",\"value\":");
                value_print(&one, &s.value);
        } else {
                buffer_put_z(&one, ",\"undecoded\":");
                value_print_string(&one, bytes_z(s.why.text));
                buffer_put_z(&one, ",\"value_hex\":\"");
                hex(&one, r->value, SIZE_MAX);
                buffer_u8(&one, '"');
        }
        buffer_put_z(&one, "}\n");
        quiet(out, buffer_bytes(&one));
        buffer_deinit(&one);
}
