/* The settings of the detector, from the configuration the host has checked. */
#pragma once

#include "kpi.h"

extern const char settings_schema[];         /* config.schema.json */

typedef struct Settings {
        uint32_t ignore_unregistered, kpi_range, kpi_learn, resend_ms, reversals, fanout;
        uint32_t off, spare;             /* bit What: not reported */
        int64_t reordered, stale, gap, clear_timeout, action_timeout, plan_grace;
        int64_t kpi_rest, reversal_span, conflict_span, fan_life, quiet;
        double flood_rate, flood_times;
        KpiRules kpi;
} Settings;

/* config NULL: all defaults. */
Settings settings_read(const tocsin_value *config);
