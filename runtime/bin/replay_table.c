/* Rows of tables, put into their topics before anything else happens. */
#include "bin/plural.h"
#include "bin/replay.h"
#include "bin/rows.h"

#include "core/cleanup.h"

#include <sysexits.h>
#include <tocsin/value.h>

typedef struct Table {
        Replay *r;
        const StagePort *port;
        Buffer value;
} Table;

static int put_row(void *arg, const Row *row, Why *why) {
        Table *t = arg;
        Bytes key = BYTES_NULL;
        int64_t event_us;
        bool gone = row->key && row->value->kind == TOCSIN_NULL; /* a tombstone */
        arena_reset(t->r->line_arena);
        int bad = gone ? 0 : replay_encode(t->port, row->value, BYTES_NULL, t->r->line_arena, &t->value, &key, &event_us, why);
        if (bad != 0)
                return bad;
        if (row->key)
                key = tocsin_as_bytes(row->key);
        if (!key.ptr)
                return why_say(why, 1, "the row needs a key: write it as {\"key\",\"value\"}");
        for (size_t i = 0; i < t->r->n_stages; i++) {
                Stage *s = &t->r->stages[i];
                if (stage_reads(s, t->port->topic) &&
                    stage_put(s, t->port->topic, key, gone ? BYTES_NULL : buffer_bytes(&t->value), 1, why) != 0)
                        return -ENOMEM;
        }
        return 0;
}

int replay_table(Replay *r, const char *told) {
        Stage *stage = NULL;
        const char *file = NULL;
        Table t = { .r = r };
        if (!strchr(told, '=')) {
                fprintf(stderr, "tocsin replay: --table=%s: name the port: --table PORT=FILE\n", told);
                return EX_USAGE;
        }
        int bad = replay_place(r, told, "table", &stage, &t.port, &file);
        if (bad != 0)
                return bad;
        if (!t.port || t.port->decl->role != TOCSIN_TABLE) {
                fprintf(stderr, "tocsin replay: --table=%s: port %s is no table; use --from\n", told, t.port ? t.port->name : "");
                return EX_USAGE;
        }
        size_t wrong = 0;
        bad = replay_file(r, file, "table");
        if (bad != 0)
                return bad;
        bad = rows_read(file, t.port->schema, put_row, &t, &wrong);
        buffer_deinit(&t.value);
        if (bad != 0 || wrong == 0)
                return bad;
        fprintf(stderr, "tocsin replay: %zu row%s of %s cannot be read\n", wrong, plural(wrong), file);
        return EX_DATAERR;
}
