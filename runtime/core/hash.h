/* Hashes for tables in memory whose keys others choose: SipHash-1-3 with a key drawn once for each process, so that
 * nobody can aim collisions. Never part of an output, an id or an order: that key is another in each life. */
#pragma once

#include "core/bytes.h"

uint64_t hash_bytes(Bytes b);
/* With the key given, the same in every life: for ids, and for tests against the published vectors of SipHash-2-4 (c = 2,
 * d = 4). */
uint64_t hash_sip(Bytes b, uint64_t k0, uint64_t k1, int c, int d);
