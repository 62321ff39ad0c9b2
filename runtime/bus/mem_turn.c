/* bus_mem as a body of the bus: outputs and the turn. */
#include "bus/mem_log.h"

static bool fenced(const MemBus *b) {
        return b->id && b->id->epoch != b->id_epoch;
}

static int fence(MemBus *b, Why *why) {
        return mem_spend(b, why, "another process opened the transactional id %s; each ordinal may run once", b->id->name);
}

/* The fault of this call, when it comes before the effect or after it. */
static int injected(MemBus *b, BusMemCall call, bool *after) {
        return b->log->faults ? mem_fault(b->log, call, after) : 0;
}

static int fail(MemBus *b, int answer, const char *what, Why *why) {
        if (answer == BUS_E_FATAL)
                return mem_spend(b, why, "%s failed (injected)", what);
        if (answer == BUS_E_ABORTED && b->id) {
                b->doomed = true;
                why_say(&b->doom, 0, "%s failed (injected)", what);
        }
        return why_say(why, answer, "%s failed (injected)", what);
}

static int doom(MemBus *b, Why *why, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int doom(MemBus *b, Why *why, const char *format, ...) {
        char text[WHY_MAX];
        va_list ap;
        va_start(ap, format);
        vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        why_say(&b->doom, 0, "%s", text);
        b->doomed = true;
        return why_say(why, BUS_E_ABORTED, "%s", b->doom.text);
}

uint32_t mem_output(Bus *bus, const char *topic) {
        MemBus *b = (MemBus *)(void *)bus;
        for (uint32_t i = 0; i < b->n_outputs; i++)
                if (strcmp(b->outputs[i].name, topic) == 0)
                        return i;
        struct MemOutput *more = realloc(b->outputs, (b->n_outputs + 1) * sizeof *more);
        REQUIRE(more, UINT32_MAX);
        b->outputs = more;
        char *name = strdup(topic);
        REQUIRE(name, UINT32_MAX);
        b->outputs[b->n_outputs] = (struct MemOutput){ .name = name, .topic = mem_topic(b->log, topic) };
        return b->n_outputs++;
}

int mem_begin(Bus *bus, Why *why) {
        MemBus *b = (MemBus *)(void *)bus;
        if (b->spent)
                return mem_spend(b, why, "spent");
        bool after = false;
        int fault = injected(b, BUS_MEM_BEGIN, &after);
        if (fault && !after)
                return fail(b, fault, "begin", why);
        if (fenced(b))
                return fence(b, why);
        if (b->id && b->id->txn)
                return mem_spend(b, why, "begin: a transaction is open already");
        if (b->id) {
                b->doomed = false;
                int r = mem_id_begin(b->log, b->id);
                if (r != 0)
                        return why_say(why, r, "begin: out of memory");
        }
        return fault ? fail(b, fault, "begin", why) : 0;
}

static int append(MemBus *b, const BusSend *s, Why *why) {
        if (s->output >= b->n_outputs)
                return mem_spend(b, why, "send: output %u was never named", (unsigned)s->output);
        struct MemOutput *o = &b->outputs[s->output];
        if (!o->topic)
                o->topic = mem_topic(b->log, o->name);
        if (!o->topic) {
                b->missing = true;
                return doom(b, why, "topic %s does not exist; make it", o->name);
        }
        if (s->partition >= o->topic->n)
                return doom(b, why, "topic %s has no partition %d, only %d", o->name, (int)s->partition, (int)o->topic->n);
        int32_t partition = s->partition >= 0 ? s->partition
                            : s->key.ptr      ? bus_partition_murmur2(s->key, o->topic->n)
                                              : (int32_t)(o->robin++ % (uint32_t)o->topic->n);
        MemPartition *p = &o->topic->parts[partition];
        int r = b->id ? mem_id_touch(b->id, p) : 0;
        if (r == 0)
                r = mem_append(b->log, p, s, s->time_us ? s->time_us : b->clock->wall_us(b->clock), b->id ? b->id->txn : 0);
        return r ? why_say(why, r, "topic %s: out of memory", o->name) : 0;
}

int mem_send(Bus *bus, const BusSend *s, Why *why) {
        MemBus *b = (MemBus *)(void *)bus;
        if (b->spent)
                return mem_spend(b, why, "spent");
        if (b->doomed)
                return why_say(why, BUS_E_ABORTED, "%s", b->doom.text);
        bool after = false;
        int fault = injected(b, BUS_MEM_SEND, &after);
        if (fault && !after)
                return fail(b, fault, "send", why);
        if (fenced(b))
                return fence(b, why);
        if (b->id && !b->id->txn)
                return mem_spend(b, why, "send: no transaction is open");
        if (s->key.len + s->value.len > b->max_message)
                return why_say(why, BUS_E_TOO_BIG, "a record of %zu bytes; message.max.bytes allows %zu",
                               s->key.len + s->value.len, b->max_message);
        int r = append(b, s, why);
        return r == 0 && fault ? fail(b, fault, "send", why) : r;
}

/* Offsets may go in when the group still counts this member and the partitions are its own. */
static int offsets_check(MemBus *b, const BusPosition *next, size_t n, Why *why) {
        if (n == 0)
                return 0;
        if (!b->group)
                return mem_spend(b, why, "commit of offsets without a group");
        if (b->me->bus != b || (b->me->stand != MEM_OWNS && b->me->stand != MEM_LEAVING))
                return doom(b, why, "group %s gave the partitions to another member", b->group->name);
        for (size_t i = 0; i < n; i++) {
                size_t k = 0;
                while (k < b->n_owned && !(b->owned[k].topic == next[i].topic && b->owned[k].partition == next[i].partition))
                        k++;
                if (k == b->n_owned)
                        return doom(b, why, "partition %d of topic %u is not ours", (int)next[i].partition,
                                    (unsigned)next[i].topic);
        }
        return 0;
}

int mem_commit(Bus *bus, const BusPosition *next, size_t n, int64_t deadline_us, Why *why) {
        MemBus *b = (MemBus *)(void *)bus;
        (void)deadline_us; /* it takes no time */
        if (b->spent)
                return mem_spend(b, why, "spent");
        bool after = false;
        int fault = injected(b, BUS_MEM_COMMIT, &after);
        if (fault && !after)
                return fail(b, fault, "commit", why);
        if (fenced(b))
                return fence(b, why);
        if (b->log->away)
                return doom(b, why, "no broker answers");
        if (b->doomed)
                return why_say(why, BUS_E_ABORTED, "%s", b->doom.text);
        if (b->id && !b->id->txn)
                return n ? mem_spend(b, why, "commit: no transaction is open") : 0;
        GUARD(offsets_check(b, next, n, why));
        if (b->midway)
                b->midway(b->midway_arg);
        if (b->id)
                mem_id_end(b->log, b->id, MEM_COMMITTED);
        for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < b->n_owned; k++)
                        if (b->owned[k].topic == next[i].topic && b->owned[k].partition == next[i].partition)
                                mem_offset_set(b->group, b->owned[k].part, next[i].offset);
        return fault ? fail(b, fault, "commit", why) : 0;
}

int mem_abort(Bus *bus, Why *why) {
        MemBus *b = (MemBus *)(void *)bus;
        if (b->spent)
                return mem_spend(b, why, "spent");
        bool after = false;
        int fault = injected(b, BUS_MEM_ABORT, &after);
        if (fault && !after)
                return fail(b, fault, "abort", why);
        if (fenced(b))
                return fence(b, why);
        if (b->id)
                mem_id_end(b->log, b->id, MEM_ABORTED);
        b->doomed = false;
        return fault ? fail(b, fault, "abort", why) : 0;
}
