/* Groups of bus_mem: eager, range assignment, static members. A division waits until every living member gave up what it
 * owned; each is told by its own next poll. A dead static member keeps its share until its name comes back or
 * bus_mem_rebalance() says that its session is over; a dead dynamic one until the next division. */
#include "bus/mem_log.h"

/* ---- offsets ---- */

static MemOffsets *offsets_of(const MemGroup *g, const MemTopic *t) {
        for (size_t i = 0; i < g->n_offsets; i++)
                if (g->offsets[i].topic == t)
                        return &g->offsets[i];
        return NULL;
}

int mem_offsets_ready(MemGroup *g, MemTopic *t) {
        if (offsets_of(g, t))
                return 0;
        MemOffsets *more = realloc(g->offsets, (g->n_offsets + 1) * sizeof *more);
        REQUIRE(more, -ENOMEM);
        g->offsets = more;
        int64_t *next = malloc((size_t)t->n * sizeof *next);
        REQUIRE(next, -ENOMEM);
        for (int32_t i = 0; i < t->n; i++)
                next[i] = -1;
        g->offsets[g->n_offsets++] = (MemOffsets){ .topic = t, .next = next };
        return 0;
}

int64_t mem_offset(const MemGroup *g, const MemPartition *p) {
        const MemOffsets *o = offsets_of(g, p->topic);
        return o ? o->next[p - p->topic->parts] : -1;
}

void mem_offset_set(MemGroup *g, const MemPartition *p, int64_t next) {
        offsets_of(g, p->topic)->next[p - p->topic->parts] = next;
}

/* ---- dividing ---- */

static void share_drop(MemMember *m) {
        free(m->share);
        m->share = NULL;
        m->n_share = 0;
}

static MemMember **member_free(MemMember **at) {
        MemMember *m = *at;
        *at = m->next;
        share_drop(m);
        free(m->name);
        free(m);
        return at;
}

static bool subscribes(const MemMember *m, const char *topic) {
        for (uint32_t i = 0; m->bus && i < m->bus->n_topics; i++)
                if (strcmp(m->bus->topics[i], topic) == 0)
                        return true;
        return false;
}

static int share_add(MemMember *m, MemPartition *p) {
        MemPartition **more = realloc(m->share, (m->n_share + 1) * sizeof *more);
        REQUIRE(more, -ENOMEM);
        m->share = more;
        m->share[m->n_share++] = p;
        return 0;
}

/* Who is asked: a member that lives and was not thrown out. A dead static one takes its share with it. */
static bool present(const MemMember *m) {
        return m->bus && m->stand != MEM_LOST;
}

static bool taken(const MemGroup *g, const MemPartition *p) {
        for (const MemMember *m = g->members; m; m = m->next)
                for (size_t i = 0; !m->bus && i < m->n_share; i++)
                        if (m->share[i] == p)
                                return true;
        return false;
}

/* Kafka's range: of each topic, in the order of the members, the first ones get one more when it does not come out even. */
static int divide(BusMemLog *log, MemGroup *g) {
        for (size_t k = 0; k < log->n_topics; k++) {
                MemTopic *t = log->topics[k];
                int32_t members = 0, free_parts = 0, at = 0, turn = 0;
                for (MemMember *m = g->members; m; m = m->next)
                        members += present(m) && subscribes(m, t->name);
                if (!members)
                        continue;
                GUARD(mem_offsets_ready(g, t));
                for (int32_t i = 0; i < t->n; i++)
                        free_parts += !taken(g, &t->parts[i]);
                for (MemMember *m = g->members; m; m = m->next) {
                        if (!present(m) || !subscribes(m, t->name))
                                continue;
                        int32_t share = free_parts / members + (turn++ < free_parts % members);
                        for (; share > 0; at++) {
                                if (taken(g, &t->parts[at]))
                                        continue;
                                GUARD(share_add(m, &t->parts[at]));
                                share--;
                        }
                }
        }
        return 0;
}

static int divide_if_all_gave_up(BusMemLog *log, MemGroup *g) {
        for (MemMember **at = &g->members; *at;) {
                MemMember *m = *at;
                if (!m->bus && !m->name) {
                        member_free(at);
                        continue;
                }
                if (m->bus && (m->stand == MEM_GIVEN || (m->stand == MEM_OWNS && m->n_share == 0))) {
                        share_drop(m);
                        m->stand = MEM_OUT;
                }
                at = &m->next;
        }
        for (MemMember *m = g->members; m; m = m->next)
                if (present(m) && m->stand != MEM_OUT)
                        return BUS_E_IDLE;
        int r = divide(log, g);
        for (MemMember *m = g->members; m; m = m->next) {
                if (r != 0 && m->bus)
                        share_drop(m);
                if (r == 0 && present(m))
                        m->stand = MEM_GIVEN;
        }
        if (r == 0)
                g->dividing = false;
        return r;
}

/* The share as told becomes what the Bus owns. */
static int receive(MemBus *b) {
        MemMember *m = b->me;
        MemOwned *owned = calloc(m->n_share ? m->n_share : 1, sizeof *owned);
        BusPosition *positions = calloc(m->n_share ? m->n_share : 1, sizeof *positions);
        if (!owned || !positions) {
                free(owned);
                free(positions);
                return -ENOMEM;
        }
        for (size_t i = 0; i < m->n_share; i++) {
                MemPartition *p = m->share[i];
                uint32_t topic = 0;
                while (strcmp(b->topics[topic], p->topic->name) != 0)
                        topic++;
                owned[i] = (MemOwned){ .part = p, .topic = topic, .partition = (int32_t)(p - p->topic->parts) };
        }
        free(b->owned);
        free(b->positions);
        b->owned = owned;
        b->positions = positions;
        b->n_owned = m->n_share;
        b->turn = 0;
        m->stand = MEM_OWNS;
        return BUS_E_ASSIGNED;
}

int mem_stand(MemBus *b) {
        MemGroup *g = b->group;
        MemMember *m = b->me;
        if (m->bus != b)
                return mem_spend(b, NULL, "another process is member %s of group %s now; each ordinal may run once", m->name,
                                 g->name);
        if (m->stand == MEM_LOST)
                return BUS_E_LOST;
        if (m->stand == MEM_LEAVING)
                return BUS_E_REVOKED;
        if (g->dividing && m->stand == MEM_OWNS && m->n_share) {
                m->stand = MEM_LEAVING;
                return BUS_E_REVOKED;
        }
        if (g->dividing) {
                int r = divide_if_all_gave_up(b->log, g);
                if (r != 0)
                        return r;
        }
        return m->stand == MEM_GIVEN ? receive(b) : m->stand == MEM_OWNS ? 0 : BUS_E_IDLE;
}

/* ---- members ---- */

/* Does the share that was left behind fit what the newcomer subscribes to? */
static bool fits(const MemBus *b, const MemMember *m) {
        for (size_t i = 0; i < m->n_share; i++)
                if (!subscribes(m, m->share[i]->topic->name))
                        return false;
        for (uint32_t t = 0; t < b->n_topics; t++) {
                bool found = !mem_topic(b->log, b->topics[t]);
                for (size_t i = 0; i < m->n_share && !found; i++)
                        found = strcmp(m->share[i]->topic->name, b->topics[t]) == 0;
                if (!found)
                        return false;
        }
        return true;
}

int mem_join(MemBus *b, const char *group, const char *member) {
        BusMemLog *log = b->log;
        MemGroup *g = log->groups;
        while (g && strcmp(g->name, group) != 0)
                g = g->next;
        if (!g) {
                g = calloc(1, sizeof *g + strlen(group) + 1);
                REQUIRE(g, -ENOMEM);
                memcpy(g->name, group, strlen(group) + 1);
                g->next = log->groups;
                log->groups = g;
        }
        MemMember **at = &g->members;
        while (*at && !(member && (*at)->name && strcmp((*at)->name, member) == 0))
                at = &(*at)->next;
        MemMember *m = *at;
        if (m) { /* the share goes over to it, nobody else is disturbed */
                bool kept = m->stand == MEM_GIVEN || m->stand == MEM_OWNS || m->stand == MEM_LEAVING;
                m->bus = b;
                m->stand = kept && !g->dividing && fits(b, m) ? MEM_GIVEN : MEM_OUT;
        } else {
                m = calloc(1, sizeof *m);
                char *name = member ? strdup(member) : NULL;
                if (!m || (member && !name)) {
                        free(m);
                        free(name);
                        return -ENOMEM;
                }
                m->name = name;
                *at = m;
        }
        m->bus = b;
        b->group = g;
        b->me = m;
        if (m->stand == MEM_OUT) {
                share_drop(m);
                g->dividing = true;
        }
        return 0;
}

void mem_leave(MemBus *b, bool dies) {
        MemMember *m = b->me;
        if (!m || m->bus != b)
                return;
        m->bus = NULL;
        if (m->stand == MEM_LOST)
                share_drop(m);
        if (dies || m->name)
                return;
        MemMember **at = &b->group->members;
        while (*at != m)
                at = &(*at)->next;
        member_free(at);
        b->group->dividing = true;
}

void mem_group_topic(BusMemLog *log, const char *topic) {
        for (MemGroup *g = log->groups; g; g = g->next)
                for (MemMember *m = g->members; m; m = m->next)
                        g->dividing = g->dividing || subscribes(m, topic);
}

void bus_mem_rebalance(BusMemLog *log, const char *group) {
        for (MemGroup *g = log->groups; g; g = g->next) {
                if (strcmp(g->name, group) != 0)
                        continue;
                for (MemMember **at = &g->members; *at;)
                        if ((*at)->bus)
                                at = &(*at)->next;
                        else
                                member_free(at);
                g->dividing = true;
        }
}

void bus_mem_evict(Bus *bus) {
        MemBus *b = (MemBus *)(void *)bus;
        if (!b->me || b->me->bus != b)
                return;
        b->me->stand = b->me->n_share ? MEM_LOST : MEM_OUT;
        share_drop(b->me);
        b->group->dividing = true;
}

MemGroup *mem_group_free(MemGroup *g) {
        MemGroup *next = g->next;
        while (g->members)
                member_free(&g->members);
        for (size_t i = 0; i < g->n_offsets; i++)
                free(g->offsets[i].next);
        free(g->offsets);
        free(g);
        return next;
}
