/* Settings by name; the defaults here are those of config.schema.json (a test compares them). */
#include "settings.h"

#include "config_schema.h"
#include "what.h"

const char settings_schema[] = CONFIG_SCHEMA;

static int64_t seconds(const tocsin_value *c, const char *name, int64_t otherwise) {
        return tocsin_get_i64(c, name, otherwise) * SECOND;
}

static uint32_t muted(const tocsin_value *list) {
        uint32_t bits = 0;
        for (uint32_t i = 0; tocsin_is(list, TOCSIN_LIST) && i < list->len; i++)
                bits |= what_named(tocsin_as_bytes(&list->u.items[i]));
        return bits;
}

Settings settings_read(const tocsin_value *c) {
        Bytes kpi = tocsin_get_bytes(c, "kpi");
        return (Settings){
                .ignore_unregistered = tocsin_equal_z(tocsin_get_bytes(c, "unregistered"), "ignore"),
                .kpi_range = !tocsin_equal_z(kpi, "off"),
                .kpi_learn = !tocsin_equal_z(kpi, "off") && !tocsin_equal_z(kpi, "range"),
                .off = muted(tocsin_find(c, "off")),
                .resend_ms = (uint32_t)tocsin_get_i64(c, "resend_ms", 1000),
                .reordered = seconds(c, "reordered_s", 15),
                .stale = seconds(c, "stale_s", 600),
                .gap = seconds(c, "gap_s", 5),
                .clear_timeout = seconds(c, "clear_timeout_s", 300),
                .action_timeout = seconds(c, "action_timeout_s", 60),
                .plan_grace = seconds(c, "plan_grace_s", 10),
                .kpi = { .jump = tocsin_get_f64(c, "kpi_jump", 6),
                         .past = tocsin_get_f64(c, "kpi_past", 2.5),
                         .drift = 3,
                         .limit = tocsin_get_f64(c, "kpi_shift", 15),
                         .frozen = (uint32_t)tocsin_get_i64(c, "kpi_frozen", 8) },
                .kpi_rest = seconds(c, "kpi_rest_s", 3600),
                .reversals = (uint32_t)tocsin_get_i64(c, "reversals", 6),
                .reversal_span = seconds(c, "reversals_s", 120),
                .conflict_span = seconds(c, "conflict_s", 15),
                .fanout = (uint32_t)tocsin_get_i64(c, "fanout", 16),
                .fan_life = seconds(c, "fanout_s", 600),
                .flood_rate = tocsin_get_f64(c, "flood_rate", 20),
                .flood_times = tocsin_get_f64(c, "flood_times", 20),
                .quiet = seconds(c, "quiet_s", 120),
        };
}
