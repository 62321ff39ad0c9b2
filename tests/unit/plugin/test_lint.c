/* Each rule of plugin.h on a descriptor is kept: one descriptor that breaks it, and only it, is refused for it. */
#include "plugin/loader.h"
#include <criterion/criterion.h>

static int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        (void)host;
        (void)config;
        *ret = NULL;
        return 0;
}
static void destroy(void *inst) {
        (void)inst;
}
static int process(void *inst, const tocsin_event *e) {
        (void)inst;
        (void)e;
        return 0;
}

typedef struct Fixture { /* a plugin without a fault, to be given one */
        tocsin_plugin self;
        tocsin_port in, out;
        tocsin_metric metric;
        const tocsin_port *ports[2];
        const tocsin_metric *metrics[2];
        const char *reads[2];
} Fixture;

static Fixture *good(Fixture *f) {
        *f = (Fixture){
                .self = { .size = sizeof f->self,
                          .abi = TOCSIN_ABI,
                          .needs = TOCSIN_ABI,
                          .state_version = 1,
                          .n_ports = 2,
                          .n_metrics = 1,
                          .name = "good_1",
                          .version = "1.2.3-rc.1+b7",
                          .license = "Apache-2.0",
                          .summary = "is good",
                          .create = create,
                          .destroy = destroy,
                          .process = process },
                .in = { .size = sizeof f->in,
                        .name = "events",
                        .schema = "tocsin.ClosedLoopEvent",
                        .help = "in",
                        .key = "loop",
                        .time = "event_time",
                        .n_reads = 2 },
                .out = { .size = sizeof f->out, .direction = TOCSIN_OUT, .format = TOCSIN_JSON, .name = "out", .help = "out" },
                .metric = { .size = sizeof f->metric, .name = "n", .unit = "", .help = "n" },
                .ports = { &f->in, &f->out },
                .metrics = { &f->metric, &f->metric },
                .reads = { "producer.name", "loop" },
        };
        f->in.reads = f->reads;
        f->self.ports = f->ports;
        f->self.metrics = f->metrics;
        return f;
}

#define REFUSED(answer, word, ...)                                                                       \
        do {                                                                                             \
                Fixture f;                                                                               \
                good(&f);                                                                                \
                __VA_ARGS__;                                                                             \
                Plugin p;                                                                                \
                Why why = { 0 };                                                                         \
                cr_assert_eq(loader_adopt(&p, &f.self, &why), answer, "%s: %s", #__VA_ARGS__, why.text); \
                cr_assert(strstr(why.text, word), "%s: '%s' lacks '%s'", #__VA_ARGS__, why.text, word);  \
        } while (0)
#define LINT(word, ...) REFUSED(LOADER_E_LINT, word, __VA_ARGS__)

Test(lint, takes_a_plugin_without_fault_and_its_parts) {
        Fixture f;
        Plugin p;
        Why why = { 0 };
        cr_assert_eq(loader_adopt(&p, &good(&f)->self, &why), 0, "%s", why.text);
        cr_assert_eq(p.port[1], &f.out);
        cr_assert_eq(p.metric[0], &f.metric);
        cr_assert_str_eq(p.self.name, "good_1");
}

Test(lint, refuses_a_foreign_major_and_a_newer_need_with_both_numbers) {
        REFUSED(LOADER_E_ABI, "2.0", f.self.abi = f.self.needs = UINT32_C(2) << 16);
        REFUSED(LOADER_E_ABI, "1.0", f.self.abi = f.self.needs = UINT32_C(2) << 16);
        REFUSED(LOADER_E_ABI, "1.7", f.self.abi = f.self.needs = (UINT32_C(1) << 16) + 7);
        LINT("was built for", f.self.needs = UINT32_C(1) << 15);
}

Test(lint, takes_a_plugin_of_a_newer_minor_that_can_live_with_ours) {
        struct {
                Fixture f;
                uint64_t later;
        } f;
        Plugin p;
        good(&f.f);
        f.f.self.abi++;
        f.f.self.size += 8;
        f.f.in.flags = 0x80; /* a flag of that minor */
        cr_assert_eq(loader_adopt(&p, &f.f.self, NULL), 0);
}

Test(lint, refuses_sizes_that_cannot_be) {
        LINT("size", f.self.size = 0);
        LINT("size", f.self.size = 16);
        LINT("size", f.self.size -= 8);
        LINT("ports[0]: size", f.in.size = 0);
        LINT("ports[1]: size", f.out.size -= 8);
        LINT("metrics[0]: size", f.metric.size = 4);
}

Test(lint, refuses_names_and_texts_that_cannot_be) {
        LINT("name", f.self.name = NULL);
        LINT("name", f.self.name = "");
        LINT("name", f.self.name = "Good");
        LINT("name", f.self.name = "../good");
        LINT("name", f.self.name = "a23456789a23456789a23456789a23456789a23456789a23456789a2345678901");
        for (const char *const *v =
                     (const char *const[]){ "1", "1.2", "1.2.x", "01.2.3", "1.2.3-", "1.2.3+", "1.2.3 ", "v1.2.3", NULL };
             *v; v++)
                LINT("version", f.self.version = *v);
        LINT("version", f.self.version = NULL);
        LINT("license", f.self.license = NULL);
        LINT("summary", f.self.summary = "");
        LINT("state_version", f.self.state_version = 0);
}

Test(lint, refuses_a_plugin_that_cannot_be_called) {
        LINT("create", f.self.create = NULL);
        LINT("destroy", f.self.destroy = NULL);
        LINT("process", f.self.process = NULL);
}

Test(lint, refuses_ports_that_cannot_be) {
        LINT("0 ports", f.self.n_ports = 0);
        LINT("33 ports", f.self.n_ports = 33);
        LINT("ports", f.self.ports = NULL);
        LINT("ports[0]", f.ports[0] = NULL);
        LINT("name", f.in.name = "in-events");
        LINT("two ports", f.out.name = "events");
        LINT("role", f.in.role = 3);
        LINT("direction", f.in.direction = 2);
        LINT("format", f.in.format = 3);
        LINT("seal", f.out.seal = 3);
        LINT("flags", f.in.flags = 2);
        LINT("schema", f.in.schema = NULL);
        LINT("help", f.out.help = "");
        LINT("TABLE", f.out.role = TOCSIN_TABLE);
        LINT("INTERNAL", f.out.role = TOCSIN_INTERNAL);
        LINT("nothing would ever reach", f.in.role = TOCSIN_TABLE);
        LINT("IN ports", f.out.key = "loop");
        LINT("AVRO", f.in.format = TOCSIN_JSON);
        LINT("RAW", f.in.format = TOCSIN_RAW, f.in.n_reads = 0);
        LINT("path", f.in.key = "a..b");
        LINT("path", f.in.time = "");
        LINT("NULL", f.in.reads = NULL);
        LINT("reads[1]", f.reads[1] = "1a");
        LINT("twice", f.reads[1] = f.reads[0]);
}

Test(lint, refuses_metrics_that_cannot_be) {
        LINT("metrics", f.self.metrics = NULL);
        LINT("257 metrics", f.self.n_metrics = 257);
        LINT("name", f.metric.name = "N");
        LINT("two metrics", f.self.n_metrics = 2);
        LINT("unit", f.metric.unit = NULL);
        LINT("kind", f.metric.kind = 2);
}
