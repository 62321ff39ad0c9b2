/* Between the host and the pure files of an adapter. */
#include "glue.h"
#include <errno.h>
#include <tocsin/plugin.h>

static void *take(void *ctx, size_t n) {
        const Adapter *a = ctx;
        return a->host->scratch(a->host, n);
}

static void digest(void *ctx, tocsin_bytes data, uint8_t ret[32]) {
        const Adapter *a = ctx;
        a->host->digest(a->host, data, ret);
}

static int parse(void *ctx, tocsin_bytes text, tocsin_value *ret) {
        const Adapter *a = ctx;
        return a->json ? a->json->parse(a->host, text, ret) : TOCSIN_E_NOENT;
}

int adapter_init(Adapter *a, const tocsin_host *host, const char *name) {
        *a = (Adapter){ .host = host, .name = name, .stale = true };
        a->json = TOCSIN_HAS(tocsin_host, host, extension) ? host->extension(host, "tocsin.json/1") : NULL;
        return 0;
}

void adapter_deinit(Adapter *a) {
        a->rules = rules_free(a->rules);
}

void adapter_changed(Adapter *a) {
        a->stale = true;
}

typedef struct Load {
        const Adapter *adapter;
        Rules *rules;
        uint32_t over;
} Load;

static int load_row(void *arg, tocsin_bytes key, const tocsin_value *row) {
        Load *l = arg;
        (void)key;
        int e = rules_add(l->rules, l->adapter->name, row);
        l->over += e > 0;
        return e < 0 ? e : 0;
}

int adapter_rules(Adapter *a, const Rules **ret) {
        if (a->stale) {
                Load l = { a, rules_new(), 0 };
                if (!l.rules)
                        return -ENOMEM;
                int e = a->host->rows(a->host, ADAPTER_REGISTRY, load_row, &l);
                if (e != 0) {
                        rules_free(l.rules);
                        return e < 0 ? e : -EINVAL;
                }
                if (l.over)
                        a->host->log(a->host, TOCSIN_WARN,
                                     "the registry has more sources than an adapter takes; some loops get no events", NULL, 0);
                rules_free(a->rules);
                a->rules = l.rules;
                a->stale = false;
        }
        *ret = a->rules;
        return 0;
}

Kit adapter_kit(const Adapter *a) {
        return (Kit){ .ctx = (void *)(uintptr_t)a, .take = take, .digest = digest, .parse = parse };
}

int adapter_refuse(const Adapter *a, const Kit *k) {
        if (k->no_memory)
                return -ENOMEM;
        a->host->fail(a->host, k->too_large   ? "the message unfolds into more than 8 MiB"
                               : k->reason[0] ? k->reason
                                              : "cannot be read");
        a->host->metric(a->host, ADAPTER_REFUSED, 1);
        return TOCSIN_POISON;
}

int adapter_send(const Adapter *a, Kit *k, const Draft *drafts, uint32_t n) {
        tocsin_value *records = kit_take(k, n * sizeof *records);
        for (uint32_t i = 0; i < n; i++) /* all are made before the first is sent: a refused message leaves nothing behind */
                if (!records || !draft_value(k, &drafts[i], &records[i]))
                        return adapter_refuse(a, k);
        for (uint32_t i = 0; i < n; i++) {
                int e = a->host->emit(a->host, ADAPTER_EVENTS, drafts[i].loop->id, &records[i]);
                if (e != 0)
                        return e;
                if (flat_dropped(&drafts[i].flat))
                        a->host->metric(a->host, ADAPTER_DROPPED, flat_dropped(&drafts[i].flat));
        }
        a->host->metric(a->host, ADAPTER_SENT, n);
        return TOCSIN_OK;
}

static const char *const registry_reads[] = { "id", "domain", "producers", "sources" };

const tocsin_port adapter_registry = {
        .size = sizeof adapter_registry,
        .role = TOCSIN_TABLE,
        .direction = TOCSIN_IN,
        .format = TOCSIN_AVRO,
        .name = "registry",
        .schema = "tocsin.Loop",
        .help = "Registry of loops: Loop.sources says which messages belong to which loop.",
        .key = "id",
        .reads = registry_reads,
        .n_reads = sizeof registry_reads / sizeof *registry_reads,
};

const tocsin_port adapter_events = {
        .size = sizeof adapter_events,
        .role = TOCSIN_STREAM,
        .direction = TOCSIN_OUT,
        .format = TOCSIN_AVRO,
        .name = "events",
        .schema = "tocsin.ClosedLoopEvent",
        .help = "What the loops did, key: loop.",
};

static const tocsin_metric sent = { sizeof sent, TOCSIN_COUNTER, "events_sent", "events",
                                    "Closed-loop events made of messages." };
static const tocsin_metric refused = { sizeof refused, TOCSIN_COUNTER, "messages_refused", "messages",
                                       "Messages that could not be read or that no loop takes; they are in the dead letters." };
static const tocsin_metric dropped = { sizeof dropped, TOCSIN_COUNTER, "fields_dropped", "fields",
                                       "Fields that did not fit into an event: too many, too long, or twice of one name." };
const tocsin_metric *const adapter_metrics[ADAPTER_METRICS] = { &sent, &refused, &dropped };
