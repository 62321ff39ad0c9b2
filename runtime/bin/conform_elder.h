/* A table as an elder version may have left it. */
#pragma once

#include "bin/conform.h"
#include "state/table.h"

/* Changes the committed values of the plugin's entries, by the seed. Memory is taken from `a`. 0 | -ENOMEM */
int elder_table(Table *t, uint64_t seed, Arena *a);
