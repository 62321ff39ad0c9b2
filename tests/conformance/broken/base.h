/* A plugin without fault, with places where one can be put in: each file beside this one defines what it breaks, and
 * includes this. Counts the events of each loop; every third is told at once, the rest when a minute is over. */
#include <errno.h>
#include <stdlib.h>
#include <tocsin/value.h>

#define LOOP_MAX 512u

typedef struct Instance {
        const tocsin_host *host;
        int64_t loop, limit;
        int64_t memory[4];           /* for those who remember what they must not */
        const void *kept;
} Instance;

#ifndef ON_CREATE                    /* statements at these places; p: the instance */
#define ON_CREATE(p)
#endif
#ifndef ON_DESTROY
#define ON_DESTROY(p)
#endif
#ifndef ON_PROCESS
#define ON_PROCESS(p, e, loop)
#endif
#ifndef ON_TIMER
#define ON_TIMER(p, name)
#endif
#ifndef ON_COUNT                     /* may change the number that is counted and told */
#define ON_COUNT(p, e, n)
#endif
#ifndef ON_PUT                       /* what becomes of put()'s answer */
#define ON_PUT(r) \
        if ((r) != 0) \
                return (r)
#endif
#ifndef BAD_LOOP                     /* what is said to a loop without a usable name */
#define BAD_LOOP(p) \
        do { \
                (p)->host->fail((p)->host, "no usable loop"); \
                return TOCSIN_POISON; \
        } while (0)
#endif
#ifndef LEAST
#define LEAST 1u                     /* length of a loop's name */
#endif
#ifndef MOST
#define MOST LOOP_MAX
#endif
#ifndef NAME
#define NAME "base"
#endif
#ifndef SETTINGS
#define SETTINGS \
        "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"limit\":" \
        "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":3}}}"
#endif
#ifndef IN_SCHEMA
#define IN_SCHEMA "tocsin.ClosedLoopEvent"
#endif
#ifndef READS
#define READS "loop"
#endif
#ifndef REBUILD
#define REBUILD NULL
#endif
#ifndef STATE
#define STATE 1
#endif
#ifndef BATCH
#define BATCH NULL
#endif
#ifndef CREATE
#define CREATE create
#endif
#ifndef METRICS
#define METRICS
#endif
#ifndef ABI
#define ABI TOCSIN_ABI
#endif

static inline int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        Instance *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        p->host = host;
        p->limit = tocsin_get_i64(config, "limit", 3);
        p->loop = host->field(host, 0, "loop");
        ON_CREATE(p);
        *ret = p;
        return TOCSIN_OK;
}

static void destroy(void *inst) {
        Instance *p = inst;
        ON_DESTROY(p);
        free(p);
}

static inline int tell(Instance *p, tocsin_bytes loop, int64_t n) {
        const tocsin_field fields[] = { tocsin_field_of("loop", tocsin_str_of(loop)), tocsin_field_of("n", tocsin_i64(n)) };
        const tocsin_value body = tocsin_record(fields, 2);
        return p->host->emit(p->host, 1, loop, &body);
}

static inline int count(Instance *p, const tocsin_event *e) {
        tocsin_bytes loop = tocsin_as_bytes(tocsin_at(&e->body, p->loop)), old;
        int64_t n = 0;
        if (loop.len + 1 < LEAST + 1 || loop.len > MOST)
                BAD_LOOP(p);
        ON_PROCESS(p, e, loop);
        int r = p->host->get(p->host, loop, &old);
        if (r != 0)
                return r;
        if (old.len == sizeof n)
                memcpy(&n, old.ptr, sizeof n);
        n++;
        ON_COUNT(p, e, n);
        r = p->host->put(p->host, loop, tocsin_bytes_of(&n, sizeof n));
        ON_PUT(r);
        if (n % p->limit == 0 && (r = tell(p, loop, n)) != 0)
                return r;
        return n == 1 ? p->host->timer(p->host, loop, e->now_us + 60000000, TOCSIN_CLOCK_WALL) : TOCSIN_OK;
}

static int process(void *inst, const tocsin_event *e) {
        return count(inst, e);
}

static int on_timer(void *inst, tocsin_bytes name, int64_t now_us, uint32_t clock) {
        Instance *p = inst;
        tocsin_bytes old;
        int64_t n = 0;
        (void)now_us;
        (void)clock;
        int r = p->host->get(p->host, name, &old);
        if (r != 0 || old.len != sizeof n)
                return r;
        memcpy(&n, old.ptr, sizeof n);
        ON_TIMER(p, name);
        r = p->host->del(p->host, name);
        return r != 0 ? r : tell(p, name, n);
}

static const char *const reads[] = { READS };
static const tocsin_port in = { .size = sizeof in, .name = "events", .schema = IN_SCHEMA, .help = "What loops do.", .key = "loop",
                                .time = "event_time", .reads = reads, .n_reads = sizeof reads / sizeof *reads };
static const tocsin_port out = { .size = sizeof out, .direction = TOCSIN_OUT, .name = "counts", .help = "How often.",
                                 .schema = "{\"type\":\"record\",\"name\":\"Count\",\"fields\":["
                                           "{\"name\":\"loop\",\"type\":\"string\"},"
                                           "{\"name\":\"n\",\"type\":\"long\"}]}" };
static const tocsin_port *const ports[] = { &in, &out };
static const tocsin_plugin self = { .size = sizeof self, .abi = ABI, .needs = TOCSIN_ABI, .state_version = STATE, .n_ports = 2,
                                    .name = NAME, .version = "1.0.0", .license = "Apache-2.0",
                                    .summary = "Counts the events of each loop.",
                                    .config_schema = SETTINGS, .ports = ports, METRICS .create = CREATE, .destroy = destroy,
                                    .rebuild = REBUILD, .process = process, .process_batch = BATCH, .on_timer = on_timer };

#ifndef ENTRY
#define ENTRY(host_abi) tocsin_entry(&self, host_abi)
#endif
const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return ENTRY(host_abi);
}
