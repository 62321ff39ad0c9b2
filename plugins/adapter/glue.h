/* The glue that adapters share: a registry of rules kept from a TABLE port, a kit made of the host, drafts sent. */
#pragma once

#include "draft.h"
#include <tocsin/plugin.h>

enum { ADAPTER_IN, ADAPTER_REGISTRY, ADAPTER_EVENTS, ADAPTER_PORTS };    /* ports, in this order, of every adapter */
enum { ADAPTER_SENT, ADAPTER_REFUSED, ADAPTER_DROPPED, ADAPTER_METRICS };/* metrics, likewise */

typedef struct Adapter {
        const tocsin_host *host;
        const tocsin_json *json;       /* NULL: the host has no such extension */
        const char *name;              /* as in Loop.sources */
        Rules *rules;
        bool stale;                    /* rules are to be compiled anew */
} Adapter;

int adapter_init(Adapter *a, const tocsin_host *host, const char *name);
void adapter_deinit(Adapter *a);
void adapter_changed(Adapter *a);
/* Rules as of now; 0 or negative. */
int adapter_rules(Adapter *a, const Rules **ret);
Kit adapter_kit(const Adapter *a);
/* What is said of a message that was refused: POISON with the kit's reason, or -ENOMEM. */
int adapter_refuse(const Adapter *a, const Kit *k);
/* All or, at the first that the host does not take, an error. */
int adapter_send(const Adapter *a, Kit *k, const Draft *drafts, uint32_t n);

extern const tocsin_port adapter_registry, adapter_events;
extern const tocsin_metric *const adapter_metrics[ADAPTER_METRICS];
