/* The layout of everything that crosses the border, as ABI 1.0 froze it. A line here is never changed, only added to (but
 * for the SIZE of a struct that begins with `size`, which grows): whoever breaks one breaks every plugin that was ever
 * built. Compiled as C11 and C++17; running it has nothing to do. */
#include <stddef.h>
#include <tocsin/plugin.h>

#ifdef __cplusplus
#define PIN(condition) static_assert(condition, #condition)
#else
#define PIN(condition) _Static_assert(condition, #condition)
#endif
#define SIZE(type, n) PIN(sizeof(type) == (n))
#define AT(type, field, n) PIN(offsetof(type, field) == (n))

SIZE(tocsin_value, 16);
AT(tocsin_value, kind, 0);
AT(tocsin_value, branch, 1);
AT(tocsin_value, index, 2);
AT(tocsin_value, len, 4);
AT(tocsin_value, u, 8);

SIZE(tocsin_field, 32);
AT(tocsin_field, name, 0);
AT(tocsin_field, name_len, 8);
AT(tocsin_field, reserved, 12);
AT(tocsin_field, value, 16);

SIZE(tocsin_bytes, 16);
AT(tocsin_bytes, ptr, 0);
AT(tocsin_bytes, len, 8);

SIZE(tocsin_port, 80);
AT(tocsin_port, size, 0);
AT(tocsin_port, role, 4);
AT(tocsin_port, direction, 8);
AT(tocsin_port, format, 12);
AT(tocsin_port, seal, 16);
AT(tocsin_port, flags, 20);
AT(tocsin_port, name, 24);
AT(tocsin_port, schema, 32);
AT(tocsin_port, help, 40);
AT(tocsin_port, key, 48);
AT(tocsin_port, time, 56);
AT(tocsin_port, reads, 64);
AT(tocsin_port, n_reads, 72);
AT(tocsin_port, reserved, 76);

SIZE(tocsin_metric, 32);
AT(tocsin_metric, size, 0);
AT(tocsin_metric, kind, 4);
AT(tocsin_metric, name, 8);
AT(tocsin_metric, unit, 16);
AT(tocsin_metric, help, 24);

SIZE(tocsin_event, 160);
AT(tocsin_event, size, 0);
AT(tocsin_event, port, 4);
AT(tocsin_event, flags, 8);
AT(tocsin_event, reserved, 12);
AT(tocsin_event, id, 16);
AT(tocsin_event, time_us, 32);
AT(tocsin_event, arrival_us, 40);
AT(tocsin_event, now_us, 48);
AT(tocsin_event, key, 56);
AT(tocsin_event, raw, 72);
AT(tocsin_event, topic, 88);
AT(tocsin_event, partition, 96);
AT(tocsin_event, reserved2, 100);
AT(tocsin_event, offset, 104);
AT(tocsin_event, body, 112);
AT(tocsin_event, signer, 128);
AT(tocsin_event, channel, 144);

SIZE(tocsin_host, 144);
AT(tocsin_host, size, 0);
AT(tocsin_host, abi, 4);
AT(tocsin_host, ctx, 8);
AT(tocsin_host, log, 16);
AT(tocsin_host, fail, 24);
AT(tocsin_host, fail_at, 32);
AT(tocsin_host, metric, 40);
AT(tocsin_host, scratch, 48);
AT(tocsin_host, digest, 56);
AT(tocsin_host, field, 64);
AT(tocsin_host, emit, 72);
AT(tocsin_host, get, 80);
AT(tocsin_host, put, 88);
AT(tocsin_host, del, 96);
AT(tocsin_host, scan, 104);
AT(tocsin_host, timer, 112);
AT(tocsin_host, lookup, 120);
AT(tocsin_host, rows, 128);
AT(tocsin_host, extension, 136);

SIZE(tocsin_json, 16);
AT(tocsin_json, size, 0);
AT(tocsin_json, reserved, 4);
AT(tocsin_json, parse, 8);

SIZE(tocsin_time, 32);
AT(tocsin_time, size, 0);
AT(tocsin_time, reserved, 4);
AT(tocsin_time, lateness_us, 8);
AT(tocsin_time, idle_us, 16);
AT(tocsin_time, future_us, 24);

SIZE(tocsin_plugin, 144);
AT(tocsin_plugin, size, 0);
AT(tocsin_plugin, abi, 4);
AT(tocsin_plugin, needs, 8);
AT(tocsin_plugin, state_version, 12);
AT(tocsin_plugin, n_ports, 16);
AT(tocsin_plugin, n_metrics, 20);
AT(tocsin_plugin, name, 24);
AT(tocsin_plugin, version, 32);
AT(tocsin_plugin, license, 40);
AT(tocsin_plugin, summary, 48);
AT(tocsin_plugin, config_schema, 56);
AT(tocsin_plugin, ports, 64);
AT(tocsin_plugin, metrics, 72);
AT(tocsin_plugin, create, 80);
AT(tocsin_plugin, destroy, 88);
AT(tocsin_plugin, rebuild, 96);
AT(tocsin_plugin, process, 104);
AT(tocsin_plugin, process_batch, 112);
AT(tocsin_plugin, on_timer, 120);
AT(tocsin_plugin, changed, 128);
AT(tocsin_plugin, extension, 136);

PIN(TOCSIN_ABI >> 16 == 1);
PIN(TOCSIN_NONE == 0);
PIN(TOCSIN_NULL == 1);
PIN(TOCSIN_BOOL == 2);
PIN(TOCSIN_I64 == 3);
PIN(TOCSIN_F64 == 4);
PIN(TOCSIN_STR == 5);
PIN(TOCSIN_BYTES == 6);
PIN(TOCSIN_ENUM == 7);
PIN(TOCSIN_LIST == 8);
PIN(TOCSIN_MAP == 9);
PIN(TOCSIN_RECORD == 10);
PIN(TOCSIN_OK == 0);
PIN(TOCSIN_SKIP == 1);
PIN(TOCSIN_POISON == 2);
PIN(TOCSIN_RETRY == 3);
PIN(TOCSIN_STREAM == 0);
PIN(TOCSIN_TABLE == 1);
PIN(TOCSIN_INTERNAL == 2);
PIN(TOCSIN_IN == 0);
PIN(TOCSIN_OUT == 1);
PIN(TOCSIN_AVRO == 0);
PIN(TOCSIN_JSON == 1);
PIN(TOCSIN_RAW == 2);
PIN(TOCSIN_SEAL_EVENT == 0);
PIN(TOCSIN_SEAL_NOTIFY == 1);
PIN(TOCSIN_SEAL_COMMAND == 2);
PIN(TOCSIN_COUNTER == 0);
PIN(TOCSIN_GAUGE == 1);
PIN(TOCSIN_DEBUG == 0);
PIN(TOCSIN_INFO == 1);
PIN(TOCSIN_WARN == 2);
PIN(TOCSIN_ERROR == 3);
PIN(TOCSIN_CLOCK_EVENT == 0);
PIN(TOCSIN_CLOCK_WALL == 1);
PIN(TOCSIN_E_INVAL == -22);
PIN(TOCSIN_E_NOMEM == -12);
PIN(TOCSIN_E_LIMIT == -75);
PIN(TOCSIN_E_PERM == -1);
PIN(TOCSIN_E_NOENT == -2);
PIN(TOCSIN_E_SCHEMA == -74);
PIN(TOCSIN_PORT_OPTIONAL == 1);
PIN(TOCSIN_EVENT_LATE == 1);
PIN(TOCSIN_EVENT_FUTURE == 2);
PIN(TOCSIN_TIMER_OFF == INT64_MIN);
PIN(TOCSIN_EMITS_MAX == 1024);

int main(void) {
        return 0;
}
