/* A file, a pipe or stdin, line by line; never more of it in memory than one line. */
#pragma once

#include "core/bytes.h"
#include "core/cleanup.h"
#include "core/error.h"

#define LINES_MAX_BYTES (16u << 20)  /* of one line: a record of LIMIT_RECORD_BYTES in its JSON form, with room */

typedef struct Lines Lines;

enum {
        LINES_E_END = 1,             /* no more */
        LINES_E_LONG = 2,            /* a line longer than LINES_MAX_BYTES: passed over, the next call goes on behind it */
        LINES_E_FILE = 3             /* cannot be opened or read: *why */
};
/* path: "-" is stdin. 0 | LINES_E_FILE | -ENOMEM */
int lines_open(Lines **ret, const char *path, Why *why);
Lines *lines_close(Lines *l);
CLEANUP_DEFINE(Lines, lines_close)
/* The next line without its end (LF or CR LF); a byte order mark before it is dropped, for files
 * are put one behind the other. Lent until the next call. */
int lines_next(Lines *l, Bytes *ret, Why *why);
const char *lines_name(const Lines *l);              /* for people: the path, or "stdin" */
uint64_t lines_number(const Lines *l);               /* of the line told last, from 1 */
/* By the beginning of a first line: what a file is that is no text in UTF-8, and what to do; NULL: nothing is known. */
const char *lines_foreign(Bytes first);
