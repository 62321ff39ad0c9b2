/* Lines that cannot be read, told with their place: few of each kind, and how many more there were. */
#pragma once

#include "bin/envelope.h"
#include "codec/schema.h"

#define TOLD_EACH 5u                 /* of one kind, one by one: enough to see what is wrong, and a screen stays readable */
#define TOLD_KINDS 16u               /* of one file; what else there is, is one kind together */

typedef struct Told {                /* of one file; {0} at first */
        size_t n;
        struct ToldKind {
                uint64_t hash;       /* of the text without what is quoted and without digits */
                uint64_t times;
                char text[160];      /* of the first */
        } kind[TOLD_KINDS + 1];      /* the last: whatever is of no other */
} Told;

/* "FILE:LINE:COLUMN: text" on stderr; line 0: "FILE: text". */
void told_line(Told *t, const char *file, uint64_t line, unsigned column, const char *text);
/* "FILE: and N more: text" of each kind that had more. */
void told_end(const Told *t, const char *file);

/* "`name` text" of what stands behind a JSON pointer; of a key: "text". */
void told_member(Why *why, const char *pointer, bool key, const char *text);
/* Says better what natural_read() said of a value that does not fit its schema: the column of the member that is wrong, and the
 * nearest name. What it cannot say better stays as it is. */
void told_misfit(const Schema *schema, const Envelope *e, unsigned *column, Why *why);
