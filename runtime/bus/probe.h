/* Asking a broker what we may do, without joining a group, producing or changing anything. Kafka only. */
#pragma once

#include "bus/bus.h"

/* Does the broker ask for rights at all? 0: *ret | BUS_E_DENIED: it does, and we may not list them | BUS_E_DOWN | BUS_E_CONF */
int bus_probe_rights(const BusConf *conf, bool *ret_asks, Why *why);
/* May we see what conf->group has committed for partition 0 of `topic`? It is not joined.
 * 0 | BUS_E_DENIED | BUS_E_DOWN | BUS_E_CONF */
int bus_probe_group(const BusConf *conf, const char *topic, Why *why);
