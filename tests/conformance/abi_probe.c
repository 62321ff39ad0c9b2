/* Everything of the SDK's headers that crosses the border, reachable from two exported names: for scripts/check-abi. */
#include <tocsin/value.h>

extern const tocsin_json *(*const tocsin_abi_probe)(const tocsin_field *, const tocsin_port *, const tocsin_metric *);
__attribute__((visibility("default")))
const tocsin_json *(*const tocsin_abi_probe)(const tocsin_field *, const tocsin_port *, const tocsin_metric *) = NULL;

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        (void)host_abi;
        return NULL;
}
