/* Which topics pipelines need: those their ports are bound to, and the host's own. */
#pragma once

#include "bin/load.h"

#define NEED_NAME_BYTES 250u         /* Kafka's 249 and a NUL */

typedef enum NeedRole {
        NEED_INPUT, NEED_TABLE, NEED_OUTPUT, NEED_INTERNAL, NEED_REKEY, NEED_RETRY, NEED_CHANGELOG, NEED_DEADLETTERS
} NeedRole;

typedef struct Need {
        char name[NEED_NAME_BYTES];
        NeedRole role;               /* the most demanding: a topic that is written here and read there is an INPUT */
        int32_t partitions;
        bool compact;
        bool reads, writes;          /* by any of the pipelines */
        bool of_task;                /* its number of partitions is the pipeline's number of tasks: all must agree */
        const char *pipeline, *port; /* first that needs it; port NULL: none */
        Mark mark;
} Need;

typedef struct Needs {
        Need *at;
        size_t n;
} Needs;
void needs_deinit(Needs *n);
/* In the order of pipelines and ports, each topic once. 0 | -ENOMEM | -ENAMETOOLONG, *why */
int needs_of(Needs *ret, const Loaded *l, size_t n, Why *why);
const Need *needs_find(const Needs *n, const char *name);
const char *need_role_word(NeedRole r);
/* The topic behind a port: its binding's, or the host's own of an INTERNAL one; empty: it is not bound. 0 | -ENAMETOOLONG */
int need_port_topic(char ret[NEED_NAME_BYTES], const Loaded *l, const tocsin_port *port, Why *why);
/* The one by which its records come to where their key lives; empty: none is needed. 0 | -ENAMETOOLONG */
int need_rekey_topic(char ret[NEED_NAME_BYTES], const Loaded *l, const tocsin_port *port, Why *why);
