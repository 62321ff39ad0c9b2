/* Everything of the SDK's headers that crosses the border, reachable from two exported names: for scripts/check-abi. */
#include <tocsin/value.h>

typedef const tocsin_json *Probe(const tocsin_field *, const tocsin_port *, const tocsin_metric *, const tocsin_time *);
extern Probe *const tocsin_abi_probe;
__attribute__((visibility("default"))) Probe *const tocsin_abi_probe = NULL;

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        (void)host_abi;
        return NULL;
}
