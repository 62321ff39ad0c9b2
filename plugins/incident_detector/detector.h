/* What all of the detector's flows share: the instance, one event decoded, the table. */
#pragma once

#include "settings.h"
#include "spec.h"

#define DETECTOR_VERSION "0.1.0"

/* Ports, in the order of the descriptor. */
enum { PORT_EVENTS = 0, PORT_REGISTRY = 1, PORT_OBSERVATIONS = 2, PORT_INCIDENTS = 3 };
/* Metrics, likewise. */
enum { METRIC_INCIDENTS = 0, METRIC_SUPPRESSED = 1 };
/* Symbols of tocsin.Stage and tocsin.Kind by index. */
enum { STAGE_DECISION = 2, STAGE_EXECUTION = 3, STAGE_GOVERNANCE = 5 };
enum { KIND_TELEMETRY = 0, KIND_TRIGGER, KIND_CLEAR, KIND_ALARM, KIND_RECOMMENDATION, KIND_PLAN, KIND_RESULT, KIND_STATE,
       KIND_HEARTBEAT, KIND_INTENT, KIND_INTENT_REPORT, KIND_COORDINATION, KIND_INVENTORY };

typedef struct Fields {          /* handles of what is read */
        int64_t id, loop, stage, kind, producer, incarnation, sequence, correlation, causes, subject, metrics, attributes;
} Fields;

typedef struct Watched {         /* handles of tocsin.Observation */
        int64_t key, what, loop, domain, producer, id, digest, partition, offset, target, attribute, value, planned, action,
                level, parent, ancestors;
} Watched;

typedef struct Detector {
        const tocsin_host *host;
        Settings set;
        Fields at;
        Watched watched;
        int64_t clock;           /* greatest event time of the task in whole CLOCK_STEPs; NO_TIME: read it from the table */
        int64_t lateness;        /* how far the host's watermark stays behind the greatest event time */
        SpecCache specs;
} Detector;
#define CLOCK_STEP (10 * SECOND)
#define LATENESS (10 * SECOND) /* where the host does not say: its documented default */

typedef struct Input {           /* one event of a registered producer; borrowed for the callback */
        const tocsin_event *event;
        const Spec *spec;
        const SpecProducer *who;
        Bytes loop, id, producer, subject, correlation;
        const tocsin_value *causes, *metrics, *attributes;
        uint32_t stage, kind;
        bool has_sequence, has_incarnation;
        int64_t time, sequence, incarnation;
        Ref ref;
} Input;

Fields fields_of(const tocsin_host *host);
/* Everything but spec, who and ref's digest, which are the caller's. */
void input_read(const Detector *d, const tocsin_event *event, Input *ret);
/* The registry entry of a loop; NULL: none, or no memory (*r < 0). */
const Spec *detector_spec(Detector *d, Bytes loop, int *r);
/* Windows of planned silence, from the registry and from STATE events. */
int detector_quiets(Detector *d, const Spec *spec, Bytes producer, Quiets *ret);

/* The greatest event time of the task, in steps, so that it costs nothing and comes back whole after a restart. */
int clock_move(Detector *d, const Input *in);
int clock_rebuild(Detector *d);
/* An event whose loop or producer nobody registered (L1). */
int stranger_event(Detector *d, const Input *in);

/* ---- the table --------------------------------------------------------------------------------------- */

#define KEY_BYTES 512u
typedef struct Key {
        uint32_t len;
        char text[KEY_BYTES];
} Key;
/* A letter for the sort of entry, then the parts with a NUL between them. */
Key key_of(char sort, Bytes a, Bytes b, Bytes c);
static inline Bytes key_bytes(const Key *k) {
        return tocsin_bytes_of(k->text, k->len);
}
Key key_again(Bytes name);                   /* from a timer's name */
/* The parts of a key or timer name again: up to `n`, missing ones empty. */
void key_split(Bytes key, Bytes *parts, uint32_t n);

/* Copies the entry into `ret` if it is there with just that size. 1: it is; 0: it is not and `ret` is zero; < 0. */
int entry_load(const Detector *d, const Key *k, void *ret, size_t size);
int entry_store(const Detector *d, const Key *k, const void *from, size_t size);
int entry_drop(const Detector *d, const Key *k);
int entry_timer(const Detector *d, const Key *k, int64_t at);

/* A shelf holds the last `places` keys put on it, for what an owner may have at once; what falls off is deleted.
 * The shelf is named by `sort` and `owner`. */
int shelf_put(const Detector *d, char sort, Bytes owner, uint32_t places, const Key *item);
/* The item that the next shelf_put() will push off, if it still is in the table: 1, else 0; < 0. */
int shelf_full(const Detector *d, char sort, Bytes owner, uint32_t places);
