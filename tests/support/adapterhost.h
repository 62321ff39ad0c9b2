/* A host for one adapter in one process: parses, asks, checks what is emitted against the schema, prints it. */
#pragma once

#include "codec/codec.h"
#include "core/arena.h"

typedef struct AdapterHost {
        tocsin_host host;
        const tocsin_plugin *plugin;
        void *instance;
        Arena *arena, *scratch, *fixed;     /* of one message; of one callback; of all its life */
        Schemas *schemas;
        const Schema *event;                /* tocsin.ClosedLoopEvent */
        Plan *plan;
        const tocsin_value *rows;           /* of the registry, as RECORDs, sorted by id */
        uint32_t n_rows;
        int64_t scratch_left;               /* scratch calls until one says no; < 0: never */
        Buffer out;                         /* what this message emitted: one natural JSON line each */
        uint32_t emits;
        char reason[1024];                  /* of fail() */
        double metrics[8];
} AdapterHost;

/* settings: JSON text; loops: a YAML file of registry entries. Fails the test when anything is amiss. */
AdapterHost *adapter_host_new(const char *settings, const char *loops);
AdapterHost *adapter_host_free(AdapterHost *h);
CLEANUP_DEFINE(AdapterHost, adapter_host_free)
/* The verdict. Emits of a record that is not OK or SKIP are taken back, as a host does. */
int adapter_host_value(AdapterHost *h, const tocsin_value *body, Bytes raw, int64_t time_us);
/* The same of JSON text; -1000: it is none. */
int adapter_host_text(AdapterHost *h, Bytes text, int64_t time_us);
/* Other entries of the registry, JSON text of an array. */
void adapter_host_registry(AdapterHost *h, const char *json);

/* ---- samples --------------------------------------------------------------------------------------- */

/* Every *.json of a folder of fixtures (but *.schema.json), sorted: a NULL-ended list of paths. */
char **samples_of(const char *folder);
char **samples_free(char **samples);
CLEANUP_DEFINE(char *, samples_free)
/* A whole file, NUL-terminated. */
Bytes sample_read(Arena *a, const char *path);
/* Compares with a golden file, or writes it when TOCSIN_GOLDEN=write. */
void golden_compare(const char *folder, const char *sample, Bytes text);

/* ---- laws of every adapter, on every sample of a folder -------------------------------------------------- */

#define SAMPLE_ARRIVAL INT64_C(1700000000000000)
/* It becomes what tests/vectors/PLUGIN says: its records, or the reason. */
void samples_golden(AdapterHost *h, const char *folder, const char *plugin);
/* Each node replaced by each hostile value and taken out: an event or a reason, and never half of a batch. */
void samples_hostile(AdapterHost *h, const char *folder);
/* Scratch memory that runs out at any call is no poison. */
void samples_starved(AdapterHost *h, const char *folder);

/* ---- hostile JSON ---------------------------------------------------------------------------------- */

/* How many nodes a tree has, itself among them. */
uint32_t tree_nodes(const tocsin_value *v);
/* A copy of the tree in which node `at` (in the order of reading) is `with`, or is not there when `with` is NULL. */
tocsin_value tree_changed(Arena *a, const tocsin_value *v, uint32_t at, const tocsin_value *with);
/* One of each JSON type and of what goes wrong in it. */
extern const tocsin_value hostile_values[];
extern const uint32_t n_hostile_values;
