/* What the verbs of `tocsin dlq` begin with: the command line read, the configuration, a broker; and the walk from pipeline to
 * pipeline. */
#pragma once

#include "bin/connect.h"
#include "bin/dlq.h"
#include "bin/options.h"

#define FIRST_US INT64_MIN
#define LAST_US INT64_MAX

typedef struct Named { /* PIPELINE/PARTITION/OFFSET on the command line */
        const ConfigPipeline *pipe;
        LetterId id;
} Named;

typedef struct Desk {
        const Options *o;
        Config *c;
        Schemas *schemas;
        Connect at;
        Pick pick; /* ids: of the pipeline at hand */
        Named *named;
        size_t n_named;
        LetterId *ids;
        const char **reasons;
        bool json;
        size_t n; /* letters shown, replayed, dropped; of all pipelines */
        size_t refused;
        bool down; /* no broker answered */
} Desk;

/* choosy: it takes the options of choosing, too. 0 | an exit code, said */
int desk_init(Desk *d, Options *o, bool choosy);
void desk_deinit(Desk *d);
/* Each pipeline that was asked for, with its letters in d->pick; one that cannot be read does not keep the others from it.
 * 0 | the first exit code that is none */
int desk_each(Desk *d, int (*one)(Desk *d, const ConfigPipeline *p));
Dlq desk_dlq(const Desk *d, const ConfigPipeline *p);
/* What was said of a pipeline, as an exit code; said. */
int desk_answer(Desk *d, const ConfigPipeline *p, int r, const Why *why);
int desk_refuse(const Desk *d, int exit, const char *text);
void desk_put(Buffer *b);            /* to stdout; freed */
