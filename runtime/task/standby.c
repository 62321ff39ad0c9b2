/* Following a changelog without belonging to anything. */
#include "task/standby.h"

#include "core/cleanup.h"
#include "core/log.h"
#include "task/inner.h"

#define LOOK_US INT64_C(1000000) /* between two looks at how far behind it is */
#define RETRY_MAX_US INT64_C(5000000)
/* Compaction forgets a deletion delete.retention.ms after it happened, one day unless told. Tables that were not whole for half
 * of that might keep what was deleted: they are read anew. */
#define STALE_US (INT64_C(12) * 3600 * 1000000)

typedef struct Part {
        Table *table; /* NULL: given away, or left out */
        Timers *timers;
        int64_t next; /* behind the last record that is in it */
} Part;

struct Standby {
        StandbyConf conf;
        BusConf bus;
        BusProperty *properties;
        BusReader *reader;
        Part *part;
        int32_t n;
        int64_t retry_us, wait_us, look_us, whole_us; /* monotonic; whole_us: when it was last at the end */
        bool spoiled; /* a partition is left out */
        Why trouble; /* said; empty: none */
        struct {
                Metric *lag, *bytes, *read, *partitions;
        } cell;
};

static int64_t now_us(const Standby *s) {
        return s->conf.clock->mono_us(s->conf.clock);
}

static void show(Standby *s, const char *text) {
        InFlight *f = s->conf.in_flight;
        if (!f)
                return;
        atomic_fetch_add(&f->seq, 1);
        snprintf(f->trouble, sizeof f->trouble, "%s", text);
        atomic_fetch_add(&f->seq, 1);
}

static void say(Standby *s, const Why *why) {
        if (strcmp(s->trouble.text, why->text) == 0)
                return;
        s->trouble = *why;
        LOG(LOG_WARN, "standby.trouble", why->text, LOG_S("pipeline", s->conf.pipeline->name));
        show(s, why->text);
}

static void well(Standby *s) {
        s->wait_us = 0;
        if (s->spoiled || !s->trouble.text[0])
                return;
        LOG(LOG_INFO, "standby.mended", "it follows again", LOG_S("pipeline", s->conf.pipeline->name),
            LOG_S("was", s->trouble.text));
        s->trouble.text[0] = 0;
        show(s, "");
}

static void part_clear(Part *p) {
        if (p->table)
                table_clear(p->table); /* before the timers that watch it go */
        p->timers = timers_free(p->timers);
        p->table = table_free(p->table);
}

void standby_forget(Standby *s) {
        for (int32_t i = 0; s && i < s->n; i++)
                part_clear(&s->part[i]);
}

/* From now on the page is the next standby's. */
void standby_halt(Standby *s) {
        s->reader = bus_reader_close(s->reader);
        metric_set(s->cell.lag, 0);
        metric_set(s->cell.bytes, 0);
        metric_set(s->cell.partitions, 0);
}

/* What it has is worth nothing any more: it begins anew. */
static void drop(Standby *s) {
        standby_halt(s);
        standby_forget(s);
        free(s->part);
        s->part = NULL;
        s->n = 0;
        s->spoiled = false;
        if (s->conf.in_flight)
                atomic_store(&s->conf.in_flight->ready, 0);
}

int standby_new(Standby **ret, const StandbyConf *conf) {
        Standby *s = calloc(1, sizeof *s);
        const Config *c = conf->config;
        char labels[METRIC_LABELS_MAX];
        if (!s || !(s->properties = calloc(c->n_kafka + 1, sizeof *s->properties))) {
                free(s);
                return -ENOMEM;
        }
        s->conf = *conf;
        for (size_t i = 0; i < c->n_kafka; i++)
                s->properties[i] = (BusProperty){ c->kafka[i].name, c->kafka[i].value, config_written(c, c->kafka[i].value) };
        s->bus = (BusConf){ .mem = conf->mem,
                            .clock = conf->clock,
                            .memory = c->memory_max / 4,
                            .properties = s->properties,
                            .n_properties = (uint32_t)c->n_kafka };
        snprintf(labels, sizeof labels, "pipeline=\"%s\",standby=\"%u\"", conf->pipeline->name, conf->number);
        s->cell.lag = metric_get(conf->metrics, METRIC_GAUGE, "tocsin_standby_lag_records", labels,
                                 "Changelog records that are not in its tables yet, uncommitted ones included");
        s->cell.bytes = metric_get(conf->metrics, METRIC_GAUGE, "tocsin_standby_state_bytes", labels, "Bytes of its tables");
        s->cell.partitions =
                metric_get(conf->metrics, METRIC_GAUGE, "tocsin_standby_partitions", labels, "Partitions whose table it keeps");
        s->cell.read = metric_get(conf->metrics, METRIC_COUNTER, "tocsin_standby_records_total", labels,
                                  "Changelog records that were followed");
        show(s, "");
        *ret = s;
        return 0;
}

Standby *standby_free(Standby *s) {
        if (!s)
                return NULL;
        bus_reader_close(s->reader);
        standby_forget(s);
        free(s->part);
        free(s->properties);
        free(s);
        return NULL;
}

static int wait_for(Standby *s, const Why *why) {
        say(s, why);
        s->wait_us = s->wait_us ? s->wait_us * 2 : BACKOFF_US;
        if (s->wait_us > RETRY_MAX_US)
                s->wait_us = RETRY_MAX_US;
        s->retry_us = now_us(s) + s->wait_us;
        return WORKER_E_WAIT;
}

static int parts_new(Standby *s, int32_t n) {
        size_t share = s->conf.config->memory_max / 2 / (size_t)n; /* as open.c: full is full at the same place */
        s->part = calloc((size_t)n, sizeof *s->part);
        if (!s->part)
                return -ENOMEM;
        for (s->n = 0; s->n < n; s->n++)
                if (table_new(&s->part[s->n].table, share) != 0 || timers_new(&s->part[s->n].timers, s->part[s->n].table) != 0) {
                        s->n++;
                        return -ENOMEM;
                }
        return 0;
}

/* Workers make their topics; a standby only waits for them. */
static int begin(Standby *s, Why *why) {
        const char *changelog = s->conf.pipeline->changelog;
        BusTopic t = { 0 };
        GUARD(bus_topic_get(&s->bus, changelog, &t, why));
        if (t.partitions == 0)
                return why_say(why, BUS_E_NO_TOPIC, "topic %s does not exist yet", changelog);
        if (t.partitions > (int32_t)LIMIT_PARTITIONS)
                return why_say(why, BUS_E_CONF, "%d partitions are more than %u", (int)t.partitions, LIMIT_PARTITIONS);
        int r = parts_new(s, t.partitions);
        if (r == 0)
                r = bus_reader_open(&s->reader, &s->bus, &changelog, 1, -1, why);
        for (int32_t i = 0; r == 0 && !t.compact && i < s->n; i++)
                if (bus_reader_first(s->reader, 0, i) > 0)
                        r = why_say(why, BUS_E_CONF, "the beginning of changelog %s, partition %d, is gone", changelog, (int)i);
        s->whole_us = now_us(s);
        return r;
}

static int open(Standby *s) {
        Why why = { 0 };
        if (now_us(s) < s->retry_us)
                return WORKER_E_WAIT;
        int r = begin(s, &why);
        if (r == 0)
                return 0;
        drop(s);
        return r < 0 ? r : wait_for(s, &why);
}

static void leave_out(Standby *s, int32_t partition, const char *what) {
        Why why = { 0 };
        why_say(&why, 0, "partition %d is not followed: %s", (int)partition, what);
        part_clear(&s->part[partition]);
        s->spoiled = true;
        say(s, &why);
}

static int load(Standby *s, const BusRecord *r) {
        Part *p = &s->part[r->partition];
        if (!p->table)
                return 0;
        if (r->key.len < 1) {
                leave_out(s, r->partition, "its changelog has a record without a key");
                return 0;
        }
        int a = table_load(p->table, r->key.ptr[0], bytes_of(r->key.ptr + 1, r->key.len - 1), r->value);
        p->next = r->offset + 1;
        if (a > 0)
                leave_out(s, r->partition,
                          a == TABLE_E_FULL ? "it has more state than its share of memory.max; raise it"
                                            : "its changelog has a record of another kind");
        return a < 0 ? a : 0;
}

static void look(Standby *s, bool at_end) {
        int64_t done = 0, total = 0, now = now_us(s);
        if (now - s->look_us < LOOK_US && !at_end)
                return;
        s->look_us = now;
        bus_reader_progress(s->reader, &done, &total);
        if (at_end || done >= total)
                s->whole_us = now;
        InFlight *f = s->conf.in_flight;
        if (f) {
                atomic_store(&f->restore_done, (uint64_t)done);
                atomic_store(&f->restore_total, (uint64_t)total);
                if (at_end)
                        atomic_store(&f->ready, 1);
        }
        size_t bytes = 0, n = 0;
        for (int32_t i = 0; i < s->n; i++)
                if (s->part[i].table) {
                        bytes += table_bytes(s->part[i].table);
                        n++;
                }
        metric_set(s->cell.lag, (double)(total - done));
        metric_set(s->cell.bytes, (double)bytes);
        metric_set(s->cell.partitions, (double)n);
}

int standby_step(Standby *s, int64_t wait_us) {
        const BusRecord *r;
        size_t n;
        Why why = { 0 };
        if (s->conf.config->state_store == STATE_DISK) {
                if (s->conf.in_flight)
                        atomic_store(&s->conf.in_flight->ready, 1);
                return WORKER_E_WAIT;
        }
        if (!s->reader)
                return open(s);
        int a = bus_reader_poll(s->reader, wait_us, &r, &n);
        for (size_t i = 0; a == 0 && i < n; i++)
                GUARD(load(s, &r[i]));
        if (a == 0)
                metric_add(s->cell.read, (double)n);
        if (a == 0 || a == BUS_E_END)
                well(s);
        if (a == 0 || a == BUS_E_END || a == BUS_E_IDLE)
                look(s, a == BUS_E_END);
        if (now_us(s) - s->whole_us >= STALE_US)
                a = BUS_E_FATAL;
        if (a == BUS_E_FATAL) {
                drop(s);
                why_say(&why, a, "what comes next in changelog %s is gone; it is read anew", s->conf.pipeline->changelog);
                return wait_for(s, &why);
        }
        return a == BUS_E_END ? 0 : a == BUS_E_IDLE ? WORKER_E_IDLE : a <= 0 ? a : wait_for(s, &why);
}

bool standby_give(Standby *s, int32_t partition, Table **table, Timers **timers, int64_t *next) {
        Part *p = s && partition >= 0 && partition < s->n ? &s->part[partition] : NULL;
        if (!p || !p->table)
                return false;
        *table = steal(p->table);
        *timers = steal(p->timers);
        *next = p->next;
        return true;
}
