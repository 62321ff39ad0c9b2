/* The host's own record of a task, one in each changelog partition: what a new life must know to go on as the old one.
 *
 *      u8 layout, u32 state_version, i64 wall time, i64 watermark,
 *      u16 n, n times: u8 length, name of the port, i64 greatest event time, i64 wall time of its last record,
 *      u16 n, n times: u8 length, topic of a TABLE port, i32 partition, i64 offset in force,
 *      i64 wall time of the first turn of this state, which tells it from a later one in a topic made anew
 *                                                                                      (little-endian) */
#include "core/hash.h"
#include "task/inner.h"

#define LAYOUT 1u

static const Bytes meta_key = { (const uint8_t *)"task", 4 };

static void put(Buffer *b, const void *p, size_t n) {
        buffer_put(b, p, n);
}
static void put_name(Buffer *b, const char *z) {
        buffer_u8(b, (uint8_t)strlen(z));
        buffer_put_z(b, z);
}

static const Port *port_of_mark(const Worker *w, uint32_t mark) {
        for (uint32_t i = 0; i < w->plugin->n_ports; i++)
                if (w->port[i].mark == mark)
                        return &w->port[i];
        return NULL;
}

int meta_write(Task *t) {
        Worker *w = t->w;
        Buffer *b = &w->meta;
        uint16_t n = (uint16_t)t->mark.n, n_tables = (uint16_t)w->tables.n_at;
        buffer_clear(b);
        buffer_u8(b, LAYOUT);
        put(b, &w->plugin->state_version, 4);
        put(b, &t->wall, 8);
        put(b, &t->mark.now, 8);
        put(b, &n, 2);
        for (uint32_t i = 0; i < n; i++) {
                put_name(b, port_of_mark(w, i)->decl->name);
                put(b, &t->mark.port[i].seen, 8);
                put(b, &t->mark.port[i].active, 8);
        }
        put(b, &n_tables, 2);
        for (size_t i = 0; i < n_tables; i++) {
                put_name(b, w->tables.topics[w->tables.at[i].topic]);
                put(b, &w->tables.at[i].partition, 4);
                put(b, &w->tables.at[i].next, 8);
        }
        if (t->begun == INT64_MIN)
                t->begun = t->wall;
        put(b, &t->begun, 8);
        if (b->failed)
                return b->failed;
        return table_put(t->table, SPACE_META, meta_key, buffer_bytes(b));
}

typedef struct Reader {
        Bytes in;
        bool bad;
} Reader;
static void get(Reader *r, void *to, size_t n) {
        if (r->bad || r->in.len < n) {
                r->bad = true;
                memset(to, 0, n);
                return;
        }
        memcpy(to, r->in.ptr, n);
        r->in = bytes_of(r->in.ptr + n, r->in.len - n);
}

/* Ports are known by name: another version of the plugin may have others. */
static struct WatermarkPort *port_named(Task *t, Bytes name) {
        for (uint32_t i = 0; i < t->mark.n; i++)
                if (bytes_eq_z(name, port_of_mark(t->w, i)->decl->name))
                        return &t->mark.port[i];
        return NULL;
}

static Bytes record(Task *t) {
        Bytes in;
        table_get(t->table, SPACE_META, meta_key, &in);
        return in;
}

bool meta_found(Task *t) {
        return record(t).ptr;
}
uint64_t meta_hash(Task *t) {
        return hash_bytes(record(t));
}

void meta_read(Task *t) {
        Reader r = { 0 };
        uint8_t layout, len;
        uint16_t n;
        char name[256 + 12];
        int64_t seen, active;
        t->found = 0;
        t->wall = INT64_MIN;
        t->begun = INT64_MIN;
        watermark_init(&t->mark, t->w->n_marks);
        r.in = record(t);
        if (!r.in.ptr)
                return;
        get(&r, &layout, 1);
        get(&r, &t->found, 4);
        get(&r, &t->wall, 8);
        get(&r, &t->mark.now, 8);
        get(&r, &n, 2);
        for (uint16_t i = 0; i < n && !r.bad; i++) {
                get(&r, &len, 1);
                get(&r, name, len);
                get(&r, &seen, 8);
                get(&r, &active, 8);
                struct WatermarkPort *p = r.bad ? NULL : port_named(t, bytes_of(name, len));
                if (p)
                        *p = (struct WatermarkPort){ seen, active };
        }
        get(&r, &n, 2);
        for (uint16_t i = 0; i < n && !r.bad; i++) {
                get(&r, &len, 1);
                get(&r, name, len + sizeof(int32_t) + sizeof(int64_t));
        }
        if (!r.bad && r.in.len) /* earlier versions wrote none */
                get(&r, &t->begun, 8);
        t->mark.wall = t->wall;
}
