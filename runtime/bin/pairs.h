/* Ports that are bound to one topic: can what one writes be what another reads? */
#pragma once

#include "bin/load.h"

/* Of n pipelines, whose settings are not looked at. Two ports of one topic go together when either is RAW, which Tocsin does
 * not look into; when both are JSON; when both are Avro and
 *   one writes and one reads: the schema that is written resolves into the one that is read, and the reader will know it;
 *   both write, or both read: one of the two schemas resolves into the other, or (read) both are of one name.
 * The later one in the file is complained of, and the earlier one named. 0 | -ENOMEM */
int pairs_check(const Loaded *l, size_t n, const Schemas *schemas, Complaints *complaints);
