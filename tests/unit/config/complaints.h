/* For tests of this room: what was complained of, as people see it. */
#pragma once

#include "config/config.h"
#include "core/buffer.h"
#include <criterion/criterion.h>

/* "LINE:COLUMN: TEXT\n" for each complaint. */
static inline const char *complaints_text(const Complaints *c, char *out, size_t size) {
        size_t n = 0;
        out[0] = 0;
        for (size_t i = 0; i < c->n && n < size; i++)
                n += (size_t)snprintf(out + n, size - n, "%u:%u: %s\n", c->at[i].mark.line, c->at[i].mark.column, c->at[i].text);
        return out;
}
