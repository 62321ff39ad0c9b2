/* Groups of bus_mem, looked at from outside. */
#include "bus/mem_log.h"

static const MemGroup *group_of(const BusConf *conf) {
        const MemGroup *g = conf->mem->groups;
        while (g && !(conf->group && strcmp(g->name, conf->group) == 0))
                g = g->next;
        return g;
}

int mem_group_get(const BusConf *conf, BusGroup *ret, Why *why) {
        if (conf->mem->away)
                return why_say(why, BUS_E_DOWN, "no broker answers");
        BusGroup found = { 0 };
        const MemGroup *g = group_of(conf);
        for (const MemMember *m = g ? g->members : NULL; m; m = m->next) {
                if ((!m->bus && !m->name) || m->stand == MEM_LOST) /* dead and dynamic, or its session is over */
                        continue;
                if (!found.members++)
                        snprintf(found.who, sizeof found.who, "%s in this process", m->name ? m->name : "a member");
        }
        *ret = found;
        return 0;
}

int mem_group_offsets(const BusConf *conf, BusOffsets *io, size_t n, int64_t at_us, Why *why) {
        if (conf->mem->away)
                return why_say(why, BUS_E_DOWN, "no broker answers");
        const MemGroup *g = group_of(conf);
        for (size_t i = 0; i < n; i++) {
                const MemTopic *t = mem_topic(conf->mem, io[i].topic);
                if (!t || io[i].partition < 0 || io[i].partition >= t->n)
                        return why_say(why, BUS_E_NO_TOPIC, "topic %s does not exist (or not its partition %d); make it",
                                       io[i].topic, (int)io[i].partition);
        }
        for (size_t i = 0; i < n; i++) {
                const MemPartition *p = &mem_topic(conf->mem, io[i].topic)->parts[io[i].partition];
                io[i].committed = g ? mem_offset(g, p) : -1;
                io[i].first = p->first;
                io[i].end = mem_end(p);
                io[i].at = at_us < 0 ? io[i].end : mem_at_time(conf->mem, p, at_us);
        }
        return 0;
}
