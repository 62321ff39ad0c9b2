/* Which pipelines an operator means. */
#include "bin/state_desk.h"

void state_desk_put(Buffer *b) {
        if (b->ptr && !b->failed)
                fwrite(b->ptr, 1, b->len, stdout);
        buffer_deinit(b);
}

static int exit_of(int r, int file) {
        switch (r) {
        case STATE_E_FOREIGN:
        case STATE_E_BAD:
        case STATE_E_NEWER:
        case STATE_E_OTHER:
                return EX_DATAERR;
        case STATE_E_FILE:
                return file;
        case STATE_E_LIVE:
                return EX_TEMPFAIL;
        case STATE_E_HELD:
                return EX_CANTCREAT;
        default:
                return connect_exit(r);
        }
}

int state_desk_answer(const Options *o, const char *pipeline, int r, const Why *why, int file) {
        if (r == 0)
                return 0;
        fprintf(stderr, "tocsin state %s: %s%s%s%s\n", o->verb->name, pipeline ? "pipeline " : "", pipeline ? pipeline : "",
                pipeline ? ": " : "", why->text[0] ? why->text : bus_answer(r));
        return exit_of(r, file);
}

int state_desk_init(StateDesk *d, Options *o) {
        Why why = { 0 };
        *d = (StateDesk){ .o = o, .json = options_flag(o, "json"), .tell = { .verb = o->verb->name } };
        int exit = load_config(&d->c, o->operands[0]);
        if (exit != 0)
                return exit;
        exit = connect_init(&d->connect, d->c, &why);
        if (exit != 0)
                fprintf(stderr, "tocsin state %s: %s\n", o->verb->name, why.text);
        return exit;
}

void state_desk_deinit(StateDesk *d) {
        connect_deinit(&d->connect);
        config_free(d->c);
}

static int no_pipeline(const StateDesk *d, const char *only) {
        const char *names[64];
        size_t n = 0;
        for (; n < d->c->n_pipelines && n < 64; n++)
                names[n] = d->c->pipelines[n].name;
        const char *near = config_nearest(only, names, n);
        return options_misuse(d->o->verb, "%s has no pipeline %s%s%s%s", d->c->file, only, near ? "; did you mean " : "",
                              near ? near : "", near ? "?" : "");
}

static StateAt at_of(StateDesk *d, const ConfigPipeline *p, bool loaded) {
        return (StateAt){
                .conf = &d->connect.conf, .config = d->c, .pipe = p, .loaded = loaded ? &d->loaded : NULL, .tell = &d->tell
        };
}

int state_desk_each(StateDesk *d, int (*one)(StateDesk *d, const StateAt *at)) {
        const char *only = options_value(d->o, "pipeline");
        size_t met = 0;
        int exit = 0;
        for (size_t i = 0; i < d->c->n_pipelines; i++) {
                const ConfigPipeline *p = &d->c->pipelines[i];
                _cleanup_(complaints_deinit) Complaints quiet = { 0 };
                if (only && strcmp(only, p->name) != 0)
                        continue;
                met++;
                bool loaded = load_plugin(&d->loaded, d->c, p, &quiet) == 0;
                if (!loaded)
                        fprintf(stderr,
                                "tocsin state %s: pipeline %s: plugin %s cannot be loaded here: its inputs are left out\n",
                                d->o->verb->name, p->name, p->plugin);
                const StateAt at = at_of(d, p, loaded);
                int r = one(d, &at);
                exit = exit ? exit : r;
        }
        return met ? exit : no_pipeline(d, only ? only : "at all");
}

int state_desk_one(StateDesk *d, StateAt *ret, bool with_plugin) {
        const char *only = options_value(d->o, "pipeline");
        const ConfigPipeline *p = !only && d->c->n_pipelines == 1 ? &d->c->pipelines[0] : NULL;
        for (size_t i = 0; only && i < d->c->n_pipelines; i++)
                if (strcmp(only, d->c->pipelines[i].name) == 0)
                        p = &d->c->pipelines[i];
        if (!p && only)
                return no_pipeline(d, only);
        if (!p)
                return options_misuse(d->o->verb, "%s has %zu pipelines; say which: --pipeline=NAME", d->c->file,
                                      d->c->n_pipelines);
        _cleanup_(complaints_deinit) Complaints complaints = { 0 };
        bool loaded = load_plugin(&d->loaded, d->c, p, &complaints) == 0;
        if (!loaded && with_plugin) {
                complaints_print(stderr, d->c->file, &complaints);
                return EX_CONFIG;
        }
        *ret = at_of(d, p, loaded);
        return 0;
}
