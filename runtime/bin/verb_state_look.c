/* tocsin state ls|get|export: looking at state, where it lies or in a file. */
#include "bin/state_desk.h"

#include <tocsin/value.h>

#define JSON_BYTES ((size_t)64 << 20) /* of one value taken apart */

/* ---- ls ------------------------------------------------------------------------------------------------ */

static void group_line(Buffer *out, const StateAt *at, const StateFacts *f) {
        buffer_printf(out, "%s: %d partitions, ", at->pipe->name, (int)f->partitions);
        if (f->group.members < 0)
                buffer_put_z(out, "workers unknown (embedded broker)\n");
        else if (f->group.members == 0)
                buffer_put_z(out, "no workers\n");
        else
                buffer_printf(out, "%lld %s (%s%s)\n", (long long)f->group.members, f->group.members == 1 ? "worker" : "workers",
                              f->group.who, f->group.members > 1 ? ", …" : "");
}

static int ls_one(StateDesk *d, const StateAt *at) {
        StateFacts f = { 0 };
        StateRows rows = { 0 };
        Buffer out = BUFFER_NULL;
        Why why = { 0 };
        int r = state_facts(&f, at, -1, &why);
        if (r == 0)
                r = state_rows_init(&rows, f.partitions);
        for (int32_t p = 0; r == 0 && p < f.partitions; p++)
                r = state_log_each(at, &f, p, state_rows_add, &rows, &why);
        if (r == 0 && !d->json)
                group_line(&out, at, &f);
        if (r == 0)
                state_rows_print(&out, at->pipe->name, &rows, f.offsets, f.n_offsets, d->json);
        r = r ? r : out.failed;
        state_desk_put(&out);
        state_rows_deinit(&rows);
        state_facts_deinit(&f);
        return state_desk_answer(d->o, at->pipe->name, r, &why, EX_NOINPUT);
}

/* As many for each partition, for state_rows_print. */
static BusOffsets *offsets_of(const StateHead *h, size_t *n) {
        size_t topics = 0, n_p = (size_t)h->partitions;
        BusOffsets *o = calloc(h->n_offsets * n_p + 1, sizeof *o);
        for (size_t i = 0; o && i < h->n_offsets; i++) {
                size_t t = 0;
                while (t < topics && strcmp(o[t * n_p].topic, h->offsets[i].topic) != 0)
                        t++;
                for (size_t p = 0; t == topics && p < n_p; p++)
                        o[t * n_p + p] =
                                (BusOffsets){ .topic = h->offsets[i].topic, .partition = (int32_t)p, .committed = -1, .end = -1 };
                topics += t == topics;
                o[t * n_p + (size_t)h->offsets[i].partition].committed = h->offsets[i].next;
        }
        *n = topics * n_p;
        return o;
}

static int ls_file(const Options *o, const char *path) {
        StateFile *file = NULL;
        StateRows rows = { 0 };
        Buffer out = BUFFER_NULL;
        Why why = { 0 };
        bool json = options_flag(o, "json");
        StateTell tell = { .verb = o->verb->name };
        int r = state_file_open(&file, path, &tell, &why);
        const StateHead *h = r == 0 ? state_file_head(file) : NULL;
        if (r == 0)
                r = state_rows_init(&rows, h->partitions);
        if (r == 0)
                r = state_file_each(file, state_rows_add, &rows, &why);
        if (r == 0 && !json)
                buffer_printf(&out, "%s of %s: plugin %s %s, state_version %u, %d partitions, exported %s\n", h->pipeline, h->app,
                              h->plugin, h->plugin_version, h->state_version, (int)h->partitions,
                              h->live ? "while workers ran" : "at rest");
        if (r == 0) {
                size_t n = 0;
                BusOffsets *offsets = offsets_of(h, &n);
                if (offsets)
                        state_rows_print(&out, h->pipeline, &rows, offsets, n, json);
                r = offsets ? out.failed : -ENOMEM;
                free(offsets);
        }
        state_desk_put(&out);
        state_rows_deinit(&rows);
        state_file_close(file);
        return state_desk_answer(o, NULL, r, &why, EX_NOINPUT);
}

static int misplaced(const Options *o) {
        return options_misuse(o->verb, "say either CONFIG, or --from FILE");
}

int state_run_ls(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &state_ls_verb, argc, argv) != 0)
                return o.exit;
        const char *file = options_value(&o, "from");
        if ((o.n == 0) != (file != NULL))
                return misplaced(&o);
        if (file)
                return ls_file(&o, file);
        StateDesk d;
        int exit = state_desk_init(&d, &o);
        if (exit == 0)
                exit = state_desk_each(&d, ls_one);
        state_desk_deinit(&d);
        return exit;
}

/* ---- get ----------------------------------------------------------------------------------------------- */

static int hex_digit(char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int read_key(const Options *o, Buffer *ret) {
        const char *text = o->operands[o->n - 1];
        size_t n = strlen(text);
        if (!options_flag(o, "hex")) {
                buffer_put(ret, text, n);
                return ret->failed ? EX_OSERR : 0;
        }
        for (size_t i = 0; i < n; i += 2) {
                int high = hex_digit(text[i]), low = n % 2 ? -1 : hex_digit(text[i + 1]);
                if (high < 0 || low < 0)
                        return options_misuse(o->verb, "--hex: %s is not pairs of hexadecimal digits", text);
                buffer_u8(ret, (uint8_t)(high << 4 | low));
        }
        return ret->failed ? EX_OSERR : 0;
}

static int get_begin(StateGet *g, const Options *o, const char *pipeline, Bytes key) {
        *g = (StateGet){ .pipeline = pipeline,
                         .key = key,
                         .prefix = options_flag(o, "prefix"),
                         .json = options_flag(o, "json"),
                         .arena = arena_new(JSON_BYTES) };
        return g->arena ? 0 : -ENOMEM;
}

static size_t get_end(StateGet *g, bool good) {
        if (good)
                state_desk_put(&g->out);
        buffer_deinit(&g->out);
        arena_free(g->arena);
        return g->found;
}

typedef struct GetDesk {
        StateDesk d; /* the first member: state_desk_each hands it out */
        Bytes key;
        size_t found;
} GetDesk;

static int get_one(StateDesk *d, const StateAt *at) {
        GetDesk *gd = (GetDesk *)(void *)d;
        StateFacts f = { 0 };
        StateGet g;
        Why why = { 0 };
        StateAt own = *at;
        own.loaded = NULL; /* its inputs are not asked for */
        int r = get_begin(&g, d->o, at->pipe->name, gd->key);
        if (r == 0)
                r = state_facts(&f, &own, -1, &why);
        for (int32_t p = 0; r == 0 && p < f.partitions; p++)
                r = state_log_each(&own, &f, p, state_get_each, &g, &why);
        gd->found += get_end(&g, r == 0);
        state_facts_deinit(&f);
        return state_desk_answer(d->o, at->pipe->name, r, &why, EX_NOINPUT);
}

static int get_file(const Options *o, const char *path, Bytes key, size_t *found) {
        StateFile *file = NULL;
        StateGet g = { 0 };
        Why why = { 0 };
        StateTell tell = { .verb = o->verb->name };
        int r = state_file_open(&file, path, &tell, &why);
        if (r == 0)
                r = get_begin(&g, o, state_file_head(file)->pipeline, key);
        if (r == 0)
                r = state_file_each(file, state_get_each, &g, &why);
        *found = get_end(&g, r == 0);
        state_file_close(file);
        return state_desk_answer(o, NULL, r, &why, EX_NOINPUT);
}

int state_run_get(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        _cleanup_(buffer_deinit) Buffer key = BUFFER_NULL;
        GetDesk g = { 0 };
        if (options_parse(&o, &state_get_verb, argc, argv) != 0)
                return o.exit;
        const char *file = options_value(&o, "from");
        if (o.n != (file ? 1 : 2))
                return options_misuse(o.verb, "say CONFIG and KEY, or --from FILE and KEY");
        int exit = read_key(&o, &key);
        if (exit != 0)
                return exit;
        if (file) {
                exit = get_file(&o, file, buffer_bytes(&key), &g.found);
        } else {
                exit = state_desk_init(&g.d, &o);
                g.key = buffer_bytes(&key);
                if (exit == 0)
                        exit = state_desk_each(&g.d, get_one);
                state_desk_deinit(&g.d);
        }
        if (exit == 0 && !g.found) {
                fprintf(stderr, "tocsin state get: no entry has this key%s, and no timer a name that begins with it\n",
                        options_flag(&o, "prefix") ? " or begins with it" : "");
                return EX_DATAERR;
        }
        return exit;
}

/* ---- export -------------------------------------------------------------------------------------------- */

static int export(StateDesk *d, const StateAt *at, const char *path) {
        StateExport x = { .at = *at, .path = path, .replace = options_flag(d->o, "replace") };
        Why why = { 0 };
        int r = state_export(&x, &why);
        if (r == 0)
                fprintf(stderr, "tocsin state export: pipeline %s: %llu entries of %d partitions%s\n", at->pipe->name,
                        (unsigned long long)x.n, (int)x.partitions,
                        x.live ? "; workers ran: each partition is as of a commit of its own" : "");
        return state_desk_answer(d->o, at->pipe->name, r, &why, EX_CANTCREAT);
}

int state_run_export(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        StateDesk d;
        StateAt at;
        if (options_parse(&o, &state_export_verb, argc, argv) != 0)
                return o.exit;
        int exit = state_desk_init(&d, &o);
        if (exit == 0)
                exit = state_desk_one(&d, &at, false);
        if (exit == 0 && !at.loaded)
                fprintf(stderr, "tocsin state export: plugin %s cannot be loaded here: the file will have no offsets\n",
                        at.pipe->plugin);
        if (exit == 0)
                exit = export(&d, &at, o.operands[1]);
        state_desk_deinit(&d);
        return exit;
}
