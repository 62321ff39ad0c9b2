/* What is needed beside what is there. */
#pragma once

#include "bin/needs.h"
#include "bus/bus.h"

typedef enum TopicState { TOPIC_OK, TOPIC_CREATE, TOPIC_DIFFERS, TOPIC_UNKNOWN } TopicState;

typedef struct TopicPlan {
        Need need;                   /* partitions: as they would be made, after those of the inputs that are there */
        TopicState state;
        int32_t there;               /* partitions it has; 0: does not exist */
        Why why;                     /* DIFFERS: how; UNKNOWN: why */
} TopicPlan;

/* One for each need. 0 | BUS_E_DOWN | BUS_E_CONF | -ENOMEM: nothing is known, *why */
int topics_plan(const BusConf *conf, const Needs *needs, TopicPlan *ret, Why *why);
/* 0 | BUS_E_… */
int topics_make(const BusConf *conf, const Need *need, Why *why);
