/* Comparing topics with needs. */
#include "bin/topics.h"

#include <stdlib.h>
#include <string.h>

/* The number of tasks of a pipeline: what its first input that is there has. 0: none is. */
static int32_t tasks_of(const TopicPlan *plan, size_t n, const char *pipeline) {
        for (size_t i = 0; i < n; i++)
                if (plan[i].need.role == NEED_INPUT && plan[i].there && strcmp(plan[i].need.pipeline, pipeline) == 0)
                        return plan[i].there;
        return 0;
}

static void compare(TopicPlan *p, int32_t tasks, const BusTopic *t) {
        if (p->need.of_task && tasks)
                p->need.partitions = tasks;
        if (!p->there) {
                p->state = TOPIC_CREATE;
        } else if (p->need.of_task && p->there != p->need.partitions) {
                p->state = TOPIC_DIFFERS;
                why_say(&p->why, 0, "has %d partitions; all inputs and the state of pipeline %s need the same number, %d",
                        (int)p->there, p->need.pipeline, (int)p->need.partitions);
        } else if (p->need.compact && !t->compact && p->why.text[0]) { /* not ours to ask */
                p->state = TOPIC_OK;
                p->need.partitions = p->there;
        } else if (p->need.compact && !t->compact) {
                p->state = TOPIC_DIFFERS;
                why_say(&p->why, 0, "its cleanup.policy is not compact, so that its beginning would be lost; set it to compact");
        } else {
                p->state = TOPIC_OK;
                p->need.partitions = p->there;
        }
}

int topics_plan(const BusConf *conf, const Needs *needs, TopicPlan *ret, Why *why) {
        BusTopic *there = calloc(needs->n + 1, sizeof *there);
        if (!there)
                return why_say(why, -ENOMEM, "out of memory");
        BusAdmin *admin = NULL;
        int r = bus_admin_open(&admin, conf, why);
        for (size_t i = 0; r == 0 && i < needs->n; i++) {
                TopicPlan *p = &ret[i];
                *p = (TopicPlan){ .need = needs->at[i] };
                r = bus_admin_get(admin, p->need.name, &there[i], &p->why);
                p->there = r == 0 ? there[i].partitions : 0;
                if (r == BUS_E_DENIED) {
                        p->state = TOPIC_UNKNOWN;
                        r = 0;
                } else if (r != 0) {
                        why_say(why, r, "%s", p->why.text);
                }
        }
        for (size_t i = 0; r == 0 && i < needs->n; i++)
                if (ret[i].state != TOPIC_UNKNOWN)
                        compare(&ret[i], tasks_of(ret, needs->n, ret[i].need.pipeline), &there[i]);
        bus_admin_close(admin);
        free(there);
        return r;
}

int topics_make(const BusConf *conf, const Need *need, Why *why) {
        const BusTopic t = { .name = need->name,
                             .partitions = need->partitions,
                             .compact = need->compact,
                             .retention_ms = need->compact || need->role == NEED_DEADLETTERS ? -1 : 0 };
        return bus_topic_make(conf, &t, why);
}
