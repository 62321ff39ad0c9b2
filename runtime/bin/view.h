/* A topic of Avro records, read whole and then followed, for verbs that show. */
#pragma once

#include "bin/connect.h"

typedef struct ViewRecord {          /* borrowed for the call */
        Bytes key;
        const tocsin_value *value;   /* NULL: a tombstone */
        int64_t time_us;
} ViewRecord;

typedef struct View {
        const Connect *at;
        const Schemas *schemas;
        const char *topic, *schema;  /* full name */
        bool follow;                 /* do not end at the end */
        /* NULL: not called. At the end of what was there when asked; once. */
        int (*ended)(void *arg);
        int (*each)(void *arg, const ViewRecord *r);         /* not 0: leave with it */
        void *arg;
} View;
/* 0 | what each() or ended() answered | an exit code, *why */
int view_read(const View *v, Why *why);

/* The configuration of a verb that only reads and has CONFIG as an option: --config, else TOCSIN_CONFIG, else tocsin.yaml. */
const char *view_config(const char *told);
