/* What the verbs of `tocsin state` begin with: the command line read, the configuration, a broker, the pipelines that are
 * meant. */
#pragma once

#include "bin/connect.h"
#include "bin/options.h"
#include "bin/state.h"

typedef struct StateDesk {
        const Options *o;
        Config *c;
        Connect connect;
        StateTell tell;
        Loaded loaded;               /* of the pipeline at hand */
        bool json;
} StateDesk;

/* The configuration is operand 0. 0 | an exit code, said */
int state_desk_init(StateDesk *d, Options *o);
void state_desk_deinit(StateDesk *d);
/* Each pipeline that is meant, its plugin loaded where that can be; one that fails does not keep the others from it.
 * 0 | the first exit code that is none */
int state_desk_each(StateDesk *d, int (*one)(StateDesk *d, const StateAt *at));
/* The one that is meant, with its plugin. 0: *ret | an exit code, said */
int state_desk_one(StateDesk *d, StateAt *ret, bool with_plugin);
/* An answer as an exit code; said, unless it is 0. pipeline NULL: of none. file: what an answer about a file means. */
int state_desk_answer(const Options *o, const char *pipeline, int r, const Why *why, int file);
void state_desk_put(Buffer *b);      /* to stdout; freed */

/* verb_state.c has their words. */
extern const Verb state_ls_verb, state_get_verb, state_export_verb, state_import_verb, state_reset_verb;
int state_run_ls(int argc, char **argv);
int state_run_get(int argc, char **argv);
int state_run_export(int argc, char **argv);
int state_run_import(int argc, char **argv);
int state_run_reset(int argc, char **argv);
