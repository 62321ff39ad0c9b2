/* A plugin of C++17 without fault: a cache that is a std::map, and exceptions that end where they are thrown. Counts the events
 * of each loop and tells every third; others put a fault in by defining what happens at a count. */
#include <cerrno>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <tocsin/value.h>

#ifndef ON_COUNT
#define ON_COUNT(plugin, loop, n)
#endif

namespace {

struct Counter {
        const tocsin_host *host;
        int64_t loop;
        std::map<std::string, int64_t> counts; /* of loops seen since the table was read anew */

        int64_t &known(const std::string &name) {
                auto found = counts.find(name);
                if (found != counts.end())
                        return found->second;
                tocsin_bytes old = {};
                int64_t n = 0;
                if (host->get(host, tocsin_bytes_of(name.data(), name.size()), &old) != 0)
                        throw std::bad_alloc();
                if (old.len == sizeof n)
                        memcpy(&n, old.ptr, sizeof n);
                return counts[name] = n;
        }

        int count(const tocsin_event *e) {
                tocsin_bytes b = tocsin_as_bytes(tocsin_at(&e->body, loop));
                if (b.len < 1 || b.len > 512)
                        throw std::invalid_argument("no usable loop");
                std::string name(reinterpret_cast<const char *>(b.ptr), b.len);
                int64_t &kept = known(name), n = kept + 1;
                ON_COUNT(this, name, n);
                int r = host->put(host, b, tocsin_bytes_of(&n, sizeof n));
                if (r != 0)
                        return r;
                kept = n;
                if (n % 3 != 0)
                        return TOCSIN_OK;
                const tocsin_field fields[] = { tocsin_field_of("loop", tocsin_str_of(b)), tocsin_field_of("n", tocsin_i64(n)) };
                const tocsin_value body = tocsin_record(fields, 2);
                return host->emit(host, 1, b, &body);
        }
};

int create(void **ret, const tocsin_host *host, const tocsin_value *) {
        auto *c = new (std::nothrow) Counter{ host, host->field(host, 0, "loop"), {} };
        if (!c)
                return -ENOMEM;
        *ret = c;
        return TOCSIN_OK;
}

void destroy(void *inst) {
        delete static_cast<Counter *>(inst);
}

int rebuild(void *inst, uint32_t) {
        static_cast<Counter *>(inst)->counts.clear();
        return TOCSIN_OK;
}

int process(void *inst, const tocsin_event *e) {
        auto *c = static_cast<Counter *>(inst);
        try {
                return c->count(e);
        } catch (const std::bad_alloc &) {
                return -ENOMEM;
        } catch (const std::invalid_argument &why) {
                c->host->fail(c->host, why.what());
                return TOCSIN_POISON;
        }
}

const char *const reads[] = { "loop" };
const tocsin_port in = { .size = sizeof in,
                         .name = "events",
                         .schema = "tocsin.ClosedLoopEvent",
                         .help = "What loops do.",
                         .key = "loop",
                         .time = "event_time",
                         .reads = reads,
                         .n_reads = 1 };
const tocsin_port out = { .size = sizeof out,
                          .direction = TOCSIN_OUT,
                          .name = "counts",
                          .schema = "{\"type\":\"record\",\"name\":\"Count\",\"fields\":["
                                    "{\"name\":\"loop\",\"type\":\"string\"},{\"name\":\"n\",\"type\":\"long\"}]}",
                          .help = "How often." };
const tocsin_port *const ports[] = { &in, &out };
const tocsin_plugin self = { .size = sizeof self,
                             .abi = TOCSIN_ABI,
                             .needs = TOCSIN_ABI,
                             .state_version = 1,
                             .n_ports = 2,
                             .name = "counter",
                             .version = "1.0.0",
                             .license = "Apache-2.0",
                             .summary = "Counts the events of each loop.",
                             .ports = ports,
                             .create = create,
                             .destroy = destroy,
                             .rebuild = rebuild,
                             .process = process };

} // namespace

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
