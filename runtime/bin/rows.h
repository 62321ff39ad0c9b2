/* Files of rows written by people or programs: registry entries, playbooks, tables of a replay.
 *
 * YAML: a document a row, or one with a list of rows, or one whose only key holds such a list (`loops:`). JSON lines: a
 * value a line, bare or {"key","value"}. A name that ends in .yaml or .yml is YAML, in .jsonl or .ndjson lines; else lines if
 * the first line is JSON by itself. */
#pragma once

#include "codec/codec.h"

typedef struct Row {
        const tocsin_value *value;
        const tocsin_value *key;     /* STR; NULL: not told */
        unsigned line, column;
} Row;

/* each: 0 | > 0: the row is refused, *why | < 0. schema: of an Avro port, for complaints with their place; NULL: none.
 * Rows that are wrong are said on stderr with FILE:LINE:COLUMN and counted in *bad.
 * 0 | EX_NOINPUT, EX_OSERR, said */
int rows_read(const char *file, const Schema *schema, int (*each)(void *arg, const Row *row, Why *why), void *arg, size_t *bad);
