/* bus_mem as a body of the bus: opening, reading, standing in a group, faults. */
#include "bus/mem_log.h"

#include "core/limits.h"

#define BATCH 512u /* records a poll hands out: enough to make its cost vanish, small enough for a cache */
#define MESSAGE_MAX 1000000u /* librdkafka's default message.max.bytes */

int mem_spend(MemBus *b, Why *why, const char *format, ...) {
        if (!b->spent) {
                va_list ap;
                va_start(ap, format);
                char text[WHY_MAX];
                vsnprintf(text, sizeof text, format, ap);
                va_end(ap);
                why_say(&b->spent_why, 0, "%s", text);
                b->spent = true;
        }
        return why_say(why, BUS_E_FATAL, "%s", b->spent_why.text);
}

/* ---- faults ---- */

int mem_fault(BusMemLog *log, BusMemCall call, bool *after) {
        int answer = 0;
        for (MemFault **at = &log->faults; *at;) {
                MemFault *f = *at;
                if (f->call != call || --f->n > 0 || answer) {
                        at = &f->next;
                        continue;
                }
                answer = f->answer;
                *after = f->after;
                *at = f->next;
                free(f);
        }
        return answer;
}

void bus_mem_fail(BusMemLog *log, BusMemCall call, unsigned n, int answer, bool after) {
        MemFault *f = malloc(sizeof *f);
        if (!f)
                return; /* a test without memory has other worries */
        *f = (MemFault){ .call = call, .n = n ? n : 1, .answer = answer, .after = after };
        MemFault **at = &log->faults;
        while (*at)
                at = &(*at)->next;
        *at = f;
}

void bus_mem_away(BusMemLog *log, bool away) {
        log->away = away;
}

void bus_mem_trouble(BusMemLog *log, int answer, const char *text) {
        log->trouble = answer;
        why_say(&log->trouble_why, 0, "%s", text ? text : "");
}

/* ---- reading ---- */

static int deliver(MemBus *b, const BusRecord **ret, size_t *n) {
        size_t have = 0;
        for (size_t k = 0; k < b->n_owned && have < BATCH; k++) {
                size_t at = (b->turn + k) % b->n_owned;
                MemOwned *o = &b->owned[at];
                if (o->flows && !o->held)
                        have += mem_read(b->log, o->part, &o->cursor, o->topic, b->batch + have, BATCH - have);
                if (have == BATCH)
                        b->turn = (at + 1) % b->n_owned; /* the one that filled it does not go first again */
        }
        REQUIRE(have, BUS_E_IDLE);
        *ret = b->batch;
        *n = have;
        return 0;
}

static int mem_poll(Bus *bus, int64_t wait_us, const BusRecord **ret, size_t *n) {
        MemBus *b = (MemBus *)(void *)bus;
        (void)wait_us; /* one thread: nothing can come while it waits */
        if (b->spent)
                return BUS_E_FATAL;
        mem_touch(b->log, &b->holder);
        if (b->log->away)
                return BUS_E_IDLE;
        bool after = false;
        int fault = b->log->faults ? mem_fault(b->log, BUS_MEM_POLL, &after) : 0;
        if (fault && !after)
                return fault == BUS_E_FATAL ? mem_spend(b, NULL, "poll failed (injected)") : fault;
        int r = b->group ? mem_stand(b) : BUS_E_IDLE;
        if (r == 0)
                r = deliver(b, ret, n);
        if (fault)
                return fault == BUS_E_FATAL ? mem_spend(b, NULL, "poll failed (injected)") : fault;
        return r;
}

static int64_t begin_at(const MemBus *b, uint32_t topic, const MemPartition *p) {
        int64_t at = mem_offset(b->group, p);
        if (at > mem_end(p))
                at = -1; /* the topic was made anew: what was committed means nothing */
        if (at < 0)
                at = b->start == BUS_EARLIEST || topic + b->n_own >= b->n_topics ? p->first
                     : b->start == BUS_LATEST                                    ? mem_end(p)
                                                                                 : mem_at_time(b->log, p, b->start_us);
        return at < p->first ? p->first : at;
}

static int mem_assigned(Bus *bus, const BusPosition **ret, size_t *n, Why *why) {
        MemBus *b = (MemBus *)(void *)bus;
        if (b->spent)
                return mem_spend(b, why, "spent");
        for (size_t i = 0; i < b->n_owned; i++)
                b->positions[i] = (BusPosition){ .topic = b->owned[i].topic,
                                                 .partition = b->owned[i].partition,
                                                 .offset = begin_at(b, b->owned[i].topic, b->owned[i].part) };
        *ret = b->positions;
        *n = b->n_owned;
        return 0;
}

static MemOwned *owned(MemBus *b, uint32_t topic, int32_t partition) {
        for (size_t i = 0; i < b->n_owned; i++)
                if (b->owned[i].topic == topic && b->owned[i].partition == partition)
                        return &b->owned[i];
        return NULL;
}

static int mem_rewind(Bus *bus, const BusPosition *at, size_t n, Why *why) {
        MemBus *b = (MemBus *)(void *)bus;
        if (b->spent)
                return mem_spend(b, why, "spent");
        bool after = false;
        int fault = b->log->faults ? mem_fault(b->log, BUS_MEM_REWIND, &after) : 0;
        if (fault)
                return mem_spend(b, why, "rewind failed (injected): position unknown");
        for (size_t i = 0; i < n; i++)
                if (!owned(b, at[i].topic, at[i].partition) || at[i].offset < 0)
                        return mem_spend(b, why, "rewind: partition %d of topic %u is not ours", (int)at[i].partition,
                                         (unsigned)at[i].topic);
        for (size_t i = 0; i < b->n_owned; i++)
                b->owned[i].flows = false;
        for (size_t i = 0; i < n; i++) {
                MemOwned *o = owned(b, at[i].topic, at[i].partition);
                o->cursor = (MemCursor){ .next = at[i].offset };
                o->flows = true;
        }
        return 0;
}

static int mem_release(Bus *bus) {
        MemBus *b = (MemBus *)(void *)bus;
        if (b->spent)
                return BUS_E_FATAL;
        if (!b->me || b->me->bus != b || (b->me->stand != MEM_LEAVING && b->me->stand != MEM_LOST))
                return 0;
        b->n_owned = 0;
        b->me->stand = MEM_OUT;
        free(b->me->share);
        b->me->share = NULL;
        b->me->n_share = 0;
        b->group->dividing = true;
        return 0;
}

static int mem_hold_partition(Bus *bus, int32_t partition, bool held) {
        MemBus *b = (MemBus *)(void *)bus;
        for (size_t i = 0; i < b->n_owned; i++)
                if (b->owned[i].partition == partition)
                        b->owned[i].held = held;
        return 0;
}

static int64_t mem_lag(Bus *bus, uint32_t topic, int32_t partition) {
        const MemOwned *o = owned((MemBus *)(void *)bus, topic, partition);
        return o && o->flows ? mem_end(o->part) - o->cursor.next : -1;
}

static bool mem_at_end(Bus *bus, uint32_t topic, int32_t partition) {
        MemBus *b = (MemBus *)(void *)bus;
        const MemOwned *o = owned(b, topic, partition);
        if (b->spent || b->log->away || !o || !o->flows)
                return false;
        MemCursor c = o->cursor;
        BusRecord r;
        return mem_read(b->log, o->part, &c, topic, &r, 1) == 0;
}

static int mem_ends(Bus *bus, uint32_t output, BusPosition *io, size_t n) {
        MemBus *b = (MemBus *)(void *)bus;
        const MemTopic *t = b->outputs[output].topic;
        for (size_t i = 0; t && i < n; i++)
                io[i].offset = mem_end(&t->parts[io[i].partition]);
        return t && !b->log->away ? 0 : BUS_E_DOWN;
}

static int mem_health(Bus *bus, Why *why) {
        MemBus *b = (MemBus *)(void *)bus;
        if (b->spent)
                return mem_spend(b, why, "spent");
        if (b->log->away)
                return why_say(why, BUS_E_DOWN, "no broker answers");
        if (b->log->trouble)
                return why_say(why, b->log->trouble, "%s", b->log->trouble_why.text);
        const char *missing = NULL;
        for (uint32_t i = 0; i < b->n_topics && !missing; i++)
                if (!mem_topic(b->log, b->topics[i]))
                        missing = b->topics[i];
        for (uint32_t i = 0; b->missing && i < b->n_outputs && !missing; i++)
                if (!mem_topic(b->log, b->outputs[i].name))
                        missing = b->outputs[i].name;
        return missing ? why_say(why, BUS_E_NO_TOPIC, "topic %s does not exist; make it", missing) : 0;
}

/* ---- life ---- */

static void bus_free(MemBus *b) {
        mem_unhold(&b->holder);
        for (uint32_t i = 0; b->topics && i < b->n_topics; i++)
                free(b->topics[i]);
        for (uint32_t i = 0; i < b->n_outputs; i++)
                free(b->outputs[i].name);
        free(b->topics);
        free(b->outputs);
        free(b->owned);
        free(b->positions);
        free(b->batch);
        free(b);
}

static Bus *mem_close(Bus *bus) {
        MemBus *b = (MemBus *)(void *)bus;
        if (b->id && b->id->epoch == b->id_epoch)
                mem_id_end(b->log, b->id, MEM_ABORTED);
        mem_leave(b, false);
        bus_free(b);
        return NULL;
}

void bus_mem_kill(Bus *bus) {
        MemBus *b = (MemBus *)(void *)bus;
        if (!b)
                return;
        mem_leave(b, true);
        bus_free(b);
}

static const BusBody body = { .close = mem_close,
                              .poll = mem_poll,
                              .assigned = mem_assigned,
                              .rewind = mem_rewind,
                              .release = mem_release,
                              .hold = mem_hold_partition,
                              .lag = mem_lag,
                              .at_end = mem_at_end,
                              .output = mem_output,
                              .begin = mem_begin,
                              .send = mem_send,
                              .commit = mem_commit,
                              .abort = mem_abort,
                              .health = mem_health,
                              .ends = mem_ends };

static int fill(MemBus *b, const BusConf *conf) {
        b->topics = calloc(conf->n_topics ? conf->n_topics : 1, sizeof *b->topics);
        b->batch = malloc(BATCH * sizeof *b->batch);
        REQUIRE(b->topics && b->batch, -ENOMEM);
        for (; b->n_topics < conf->n_topics; b->n_topics++) {
                b->topics[b->n_topics] = strdup(conf->topics[b->n_topics]);
                REQUIRE(b->topics[b->n_topics], -ENOMEM);
        }
        if (conf->transactional_id)
                GUARD(mem_id_open(b, conf->transactional_id));
        return conf->group ? mem_join(b, conf->group, conf->member) : 0;
}

int mem_open(Bus **ret, const BusConf *conf, Why *why) {
        MemBus *b = calloc(1, sizeof *b);
        if (!b)
                return why_say(why, -ENOMEM, "out of memory");
        b->bus.body = &body;
        b->log = conf->mem;
        b->clock = conf->clock ? conf->clock : &clock_system;
        b->log->clock = b->clock;
        b->n_own = conf->n_own;
        b->start = conf->start;
        b->start_us = conf->start_us;
        b->max_message = MESSAGE_MAX;
        b->midway = conf->midway;
        b->midway_arg = conf->midway_arg;
        for (uint32_t i = 0; i < conf->n_properties; i++)
                if (strcmp(conf->properties[i].name, "message.max.bytes") == 0)
                        b->max_message = strtoul(conf->properties[i].value, NULL, 10);
        int r = fill(b, conf);
        if (r != 0) {
                bus_free(b);
                return why_say(why, r, "out of memory");
        }
        mem_hold(b->log, &b->holder);
        *ret = &b->bus;
        return 0;
}
