/* Which letters of which pipelines an operator means. */
#include "bin/dlq_desk.h"

int desk_refuse(const Desk *d, int exit, const char *text) {
        fprintf(stderr, "tocsin dlq %s: %s\n", d->o->verb->name, text);
        return exit;
}

void desk_put(Buffer *b) {
        if (b->ptr && !b->failed)
                fwrite(b->ptr, 1, b->len, stdout);
        buffer_deinit(b);
}

void desk_deinit(Desk *d) {
        connect_deinit(&d->at);
        schemas_free(d->schemas);
        config_free(d->c);
        free(d->named);
        free(d->ids);
        free(d->reasons);
}

/* ---- what the command line says ------------------------------------------------------------------------ */

static int read_time(Desk *d, const char *name, int64_t *ret) {
        const char *text = options_value(d->o, name);
        int64_t ago;
        if (!text || config_date(text, ret))
                return 0;
        if (!config_duration(text, &ago))
                return options_misuse(d->o->verb, "--%s=%s is neither a time as 2026-01-31T12:00:00Z nor a time ago as 30m or 2d",
                                      name, text);
        *ret = clock_system.wall_us(&clock_system) - ago;
        return 0;
}

static const ConfigPipeline *pipeline(const Desk *d, const char *name, size_t len) {
        for (size_t i = 0; i < d->c->n_pipelines; i++) {
                const ConfigPipeline *p = &d->c->pipelines[i];
                if ((strlen(p->name) == len && memcmp(p->name, name, len) == 0) ||
                    (strlen(p->dlq) == len && memcmp(p->dlq, name, len) == 0))
                        return p;
        }
        return NULL;
}

static int read_letter(Desk *d, const char *text) {
        const char *only = options_value(d->o, "pipeline"), *last = strrchr(text, '/'), *at = last;
        while (at && at > text && *--at != '/')
                ;
        bool bare = !at || *at != '/';
        const char *name = bare ? only : text;
        size_t len = bare ? (only ? strlen(only) : 0) : (size_t)(at - text);
        Named n = { .pipe = name ? pipeline(d, name, len) : d->c->n_pipelines == 1 ? &d->c->pipelines[0] : NULL };
        if (!letter_id(bytes_z(bare ? text : at + 1), &n.id))
                return options_misuse(
                        d->o->verb, "%s names no letter; they are PIPELINE/PARTITION/OFFSET, as `tocsin dlq ls` has them", text);
        if (!n.pipe && !name)
                return options_misuse(d->o->verb, "%s: there are several pipelines; say which, as in %s/%s", text,
                                      d->c->pipelines[0].name, text);
        if (!n.pipe)
                return options_misuse(d->o->verb, "%s: there is no pipeline %.*s", text, (int)len, name);
        d->named[d->n_named++] = n;
        return 0;
}

static int read_pick(Desk *d, bool choosy) {
        const Options *o = d->o;
        const char *only = options_value(o, "pipeline");
        d->named = calloc(o->n + 1, sizeof *d->named);
        d->ids = calloc(o->n + 1, sizeof *d->ids);
        d->reasons = calloc(o->n_given + 1, sizeof *d->reasons);
        if (!d->named || !d->ids || !d->reasons)
                return desk_refuse(d, EX_OSERR, "out of memory");
        if (only && !pipeline(d, only, strlen(only)))
                return options_misuse(o->verb, "there is no pipeline %s in %s", only, d->c->file);
        for (uint32_t i = 1; i < o->n; i++) {
                int bad = read_letter(d, o->operands[i]);
                if (bad != 0)
                        return bad;
        }
        if (!choosy) /* show takes nothing but names */
                return 0;
        int bad = read_time(d, "from", &d->pick.from_us);
        if (bad == 0)
                bad = read_time(d, "until", &d->pick.until_us);
        for (const char *v; (v = options_nth(o, "reason", (uint32_t)d->pick.n_reasons)); d->pick.n_reasons++)
                d->reasons[d->pick.n_reasons] = v;
        d->pick.reasons = d->reasons;
        d->pick.port = options_value(o, "port");
        return bad;
}

int desk_init(Desk *d, Options *o, bool choosy) {
        Why why = { 0 };
        *d = (Desk){ .o = o, .json = options_flag(o, "json"), .pick = { .from_us = FIRST_US, .until_us = LAST_US } };
        int64_t max = 0;
        if (choosy && options_number(o, "max", 1, LETTERS_MAX, &max) != 0)
                return o->exit;
        d->pick.max = (size_t)max;
        int exit = load_config(&d->c, o->operands[0]);
        if (exit == 0)
                exit = read_pick(d, choosy);
        if (exit == 0)
                exit = load_schemas(&d->schemas, d->c);
        if (exit != 0)
                return exit;
        exit = connect_init(&d->at, d->c, &why);
        return exit ? desk_refuse(d, exit, why.text) : 0;
}

/* ---- pipeline by pipeline ------------------------------------------------------------------------------ */

Dlq desk_dlq(const Desk *d, const ConfigPipeline *p) {
        return (Dlq){ .conf = &d->at.conf, .brokers = d->at.bootstrap, .schemas = d->schemas, .config = d->c, .pipe = p };
}

int desk_answer(Desk *d, const ConfigPipeline *p, int r, const Why *why) {
        if (r == 0)
                return 0;
        d->down = r == BUS_E_DOWN;
        fprintf(stderr, "tocsin dlq %s: pipeline %s: %s\n", d->o->verb->name, p->name, why->text[0] ? why->text : bus_answer(r));
        return r == LETTERS_E_MANY ? EX_UNAVAILABLE : connect_exit(r);
}

/* Each that was asked for; one that cannot be read does not keep the others from it, but for a broker that is away: that one
 * would be waited for each time. */
int desk_each(Desk *d, int (*one)(Desk *d, const ConfigPipeline *p)) {
        const char *only = options_value(d->o, "pipeline");
        const ConfigPipeline *which = only ? pipeline(d, only, strlen(only)) : NULL;
        int exit = 0;
        for (size_t i = 0; !d->down && i < d->c->n_pipelines; i++) {
                const ConfigPipeline *p = &d->c->pipelines[i];
                d->pick.ids = d->ids;
                d->pick.n_ids = 0;
                for (size_t k = 0; k < d->n_named; k++)
                        if (d->named[k].pipe == p)
                                d->ids[d->pick.n_ids++] = d->named[k].id;
                if ((d->n_named && !d->pick.n_ids) || (which && which != p))
                        continue;
                int r = one(d, p);
                exit = exit ? exit : r;
        }
        return exit;
}
