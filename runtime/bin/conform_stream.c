/* Records: made, bound to the schema of their port, and put in order. */
#include "bin/conform_stream.h"

#include "bin/conform_loops.h"
#include "value/value.h"

#define START_US INT64_C(1732060800000000) /* 2024-11-20: any day, but always the same */
#define FUTURE_US INT64_C(5000000) /* what a host takes for ahead of its clock */
#define LATE_US INT64_C(10000000)
#define ROWS 4u /* of each TABLE port, to begin with */
#define ATTEMPTS 8u /* to change a given value into another one that fits */

static int append(Stream *s, const Item *it) {
        if (s->n == s->room) {
                size_t room = s->room ? 2 * s->room : 64;
                Item *more = realloc(s->at, room * sizeof *more);
                if (!more)
                        return -ENOMEM;
                s->at = more;
                s->room = room;
        }
        s->at[s->n++] = *it;
        return 0;
}

void stream_deinit(Stream *s) {
        free(s->at);
        *s = (Stream){ 0 };
}

static int bind_avro(Kit *k, Item *it, const tocsin_value *whole, Why *why) {
        Buffer out = BUFFER_NULL;
        Why said = { 0 };
        int r = codec_encode(k->schema[it->port], whole, &out, &said);
        if (r == 0) {
                it->raw = arena_dup(k->arena, buffer_bytes(&out));
                r = it->raw.ptr ? plan_decode(k->plan[it->port], it->raw, k->arena, &it->body) : -ENOMEM;
        }
        buffer_deinit(&out);
        return r <= 0 ? r
                      : BROKEN(why, "port '%s': %s", k->plugin.port[it->port]->name, said.text[0] ? said.text : codec_answer(r));
}

int item_bind(Kit *k, Item *it, const tocsin_value *whole, Why *why) {
        const tocsin_port *p = k->plugin.port[it->port];
        const tocsin_value *time = p->time ? value_path(whole, p->time) : NULL;
        const tocsin_value *key = p->key && p->role != TOCSIN_TABLE ? value_path(whole, p->key) : NULL;
        it->time_us = tocsin_as_i64(time, it->arrival_us);
        if (it->arrival_us == 0)
                it->arrival_us = it->time_us;
        if (tocsin_is(key, TOCSIN_STR))
                it->key = arena_dup(k->arena, tocsin_as_bytes(key));
        if (it->time_us > it->arrival_us && (uint64_t)it->time_us - (uint64_t)it->arrival_us > (uint64_t)FUTURE_US)
                it->flags |= TOCSIN_EVENT_FUTURE;
        else if (it->time_us < it->arrival_us && (uint64_t)it->arrival_us - (uint64_t)it->time_us > (uint64_t)LATE_US)
                it->flags |= TOCSIN_EVENT_LATE;
        if (p->format == TOCSIN_AVRO)
                return bind_avro(k, it, whole, why);
        if (p->format == TOCSIN_RAW && (tocsin_is(whole, TOCSIN_BYTES) || tocsin_is(whole, TOCSIN_STR))) {
                it->raw = arena_dup(k->arena, tocsin_as_bytes(whole));
        } else {
                Buffer out = BUFFER_NULL;
                value_print(&out, whole);
                it->raw = arena_dup(k->arena, buffer_bytes(&out));
                buffer_deinit(&out);
        }
        if (!it->raw.ptr)
                return -ENOMEM;
        it->body = p->format == TOCSIN_RAW ? tocsin_raw(it->raw) : *whole;
        return 0;
}

static int port_named(const Kit *k, Bytes name, uint32_t *ret) {
        for (uint32_t i = 0; i < k->plugin.self.n_ports; i++) {
                const tocsin_port *p = k->plugin.port[i];
                if (p->direction == TOCSIN_IN && (name.ptr ? bytes_eq_z(name, p->name) : p->role == TOCSIN_STREAM)) {
                        *ret = i;
                        return 0;
                }
        }
        return -ENOENT;
}

static int given_line(Kit *k, const tocsin_value *line, int64_t *last_us, Item *it, Why *why) {
        const tocsin_value *value = tocsin_find(line, "value"), *port = tocsin_find(line, "port");
        bool wrapped = tocsin_is(port, TOCSIN_STR) && value;
        Bytes name = wrapped ? tocsin_as_bytes(port) : BYTES_NULL;
        tocsin_value whole = wrapped ? *value : *line;
        if (port_named(k, name, &it->port) != 0)
                return BROKEN(why, "no input port '%.*s'", BYTES_ARG(name));
        const tocsin_port *p = k->plugin.port[it->port];
        if (wrapped) {
                it->key = tocsin_get_bytes(line, "key");
                it->arrival_us = tocsin_get_i64(line, "time_us", 0);
        }
        if (p->role == TOCSIN_TABLE && tocsin_is(&whole, TOCSIN_NULL)) {
                it->gone = true;
                return 0;
        }
        if (p->format == TOCSIN_AVRO) {
                tocsin_value natural;
                int r = natural_read(k->schema[it->port], &whole, k->arena, &natural, why);
                if (r != 0)
                        return r < 0 ? r : RULE_E_BROKEN;
                whole = natural;
        }
        if (it->arrival_us == 0 && !p->time)
                it->arrival_us = *last_us ? *last_us : START_US;
        GUARD(item_bind(k, it, &whole, why));
        *last_us = it->arrival_us;
        return 0;
}

int stream_given(Kit *k, Stream *ret, Why *why) {
        int64_t last_us = 0;
        for (size_t i = 0; i < k->conf->n_events; i++) {
                Item it = { 0 };
                int r = given_line(k, &k->conf->events[i], &last_us, &it, why);
                if (r == RULE_E_BROKEN)
                        return why_in(why, KIT_E_DESCRIPTOR, "--events, value %zu", i + 1);
                GUARD(r);
                GUARD(append(ret, &it));
        }
        return 0;
}

typedef struct Maker {
        Kit *kit;
        Loops loops;
        int64_t arrival_us;
        const tocsin_port *port;
        bool plausible, hostile;
        Bytes row_key;
} Maker;

/* What a field holds that the host gives a meaning to, and what a plausible event holds. */
static bool at(void *arg, const char *path, Random *r, Arena *a, tocsin_value *ret) {
        Maker *m = arg;
        if (m->port->time && strcmp(path, m->port->time) == 0 && random_chance(r, m->hostile ? 50 : 95)) {
                *ret = tocsin_i64(m->loops.now_us);
                return true;
        }
        if (m->row_key.ptr && (m->port->key ? strcmp(path, m->port->key) == 0 : strcmp(path, "id") == 0)) {
                *ret = tocsin_str_of(m->row_key);
                return true;
        }
        return m->plausible && loops_at(&m->loops, path, r, a, ret);
}

static int make_json(Maker *m, Random *r, tocsin_value *ret) {
        const Stream *given = &m->kit->given;
        for (unsigned i = 0; given->n && i < ATTEMPTS; i++) {
                const Item *it = &given->at[random_below(r, given->n)];
                if (m->kit->plugin.port[it->port] == m->port && !it->gone && random_chance(r, 80))
                        return random_change(r, &it->body, false, m->kit->arena, ret);
        }
        return random_json(r, 4, m->kit->arena, ret);
}

static int make_one(Maker *m, Random *r, uint32_t port, Stream *ret, Why *why) {
        Kit *k = m->kit;
        m->port = k->plugin.port[port];
        m->arrival_us += (int64_t)random_below(r, 2000000) + (random_chance(r, 3) ? INT64_C(300000000) : 0);
        m->loops.now_us = m->arrival_us - (int64_t)random_below(r, 1000000) - (random_chance(r, 3) ? INT64_C(3600000000) : 0) +
                          (random_chance(r, 2) ? INT64_C(86400000000) : 0);
        loops_next(&m->loops, r);
        bool events = m->port->schema && strcmp(m->port->schema, "tocsin.ClosedLoopEvent") == 0;
        m->plausible = events && !m->hostile && random_chance(r, 85);
        tocsin_value whole;
        Item it = { .port = port, .arrival_us = m->arrival_us, .key = m->row_key };
        if (m->port->format == TOCSIN_AVRO) {
                int r2 = random_value(k->schema[port], k->conf->schemas, r, at, m, k->arena, &whole);
                if (r2 != 0)
                        return r2 < 0 ? r2
                                      : why_say(why, KIT_E_DESCRIPTOR, "port '%s': no values can be made of its schema",
                                                m->port->name);
        } else if (m->port->format == TOCSIN_JSON) {
                GUARD(make_json(m, r, &whole));
        } else {
                whole = random_text(r, k->arena);
        }
        if (!it.key.ptr && !m->port->key && random_chance(r, 70)) {
                tocsin_value word = random_text(r, k->arena);
                it.key = tocsin_as_bytes(&word);
        }
        int r2 = item_bind(k, &it, &whole, why);
        return r2 == RULE_E_BROKEN ? why_in(why, KIT_E_DESCRIPTOR, "seed %llu", (unsigned long long)k->conf->seed)
               : r2 != 0           ? r2
                                   : append(ret, &it);
}

static int make_row(Maker *m, Random *r, uint32_t port, Stream *ret, Why *why) {
        static const char *const keys[] = { "loop-a", "loop-b", "loop-c", "other", "" };
        m->row_key = bytes_z(keys[random_below(r, sizeof keys / sizeof *keys - !m->hostile)]);
        if (random_chance(r, 10)) {
                Item it = { .port = port, .key = m->row_key, .arrival_us = m->arrival_us, .gone = true };
                m->row_key = BYTES_NULL;
                return append(ret, &it);
        }
        int answer = make_one(m, r, port, ret, why);
        m->row_key = BYTES_NULL;
        return answer;
}

static int make_stream(Kit *k, Random *r, size_t n, bool hostile, Stream *ret, Why *why) {
        Maker m = { .kit = k, .arrival_us = START_US, .hostile = hostile };
        uint32_t inputs[LIMIT_PORTS], tables[LIMIT_PORTS], n_inputs = 0, n_tables = 0;
        for (uint32_t i = 0; i < k->plugin.self.n_ports; i++) {
                if (k->plugin.port[i]->direction != TOCSIN_IN)
                        continue;
                if (k->plugin.port[i]->role == TOCSIN_TABLE)
                        tables[n_tables++] = i;
                else if (k->plugin.port[i]->role == TOCSIN_STREAM || hostile)
                        inputs[n_inputs++] = i;
        }
        for (uint32_t i = 0; i < n_tables * ROWS; i++)
                GUARD(make_row(&m, r, tables[i % n_tables], ret, why));
        for (size_t i = 0; i < n; i++) {
                if (n_tables && random_chance(r, 4))
                        GUARD(make_row(&m, r, tables[random_below(r, n_tables)], ret, why));
                else
                        GUARD(make_one(&m, r, inputs[random_below(r, n_inputs)], ret, why));
        }
        return 0;
}

int stream_random(Kit *k, Random *r, size_t n, Stream *ret, Why *why) {
        return make_stream(k, r, n, false, ret, why);
}
int stream_hostile(Kit *k, Random *r, size_t n, Stream *ret, Why *why) {
        return make_stream(k, r, n, true, ret, why);
}
