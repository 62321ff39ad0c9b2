/* tocsin state import|reset: setting state anew. */
#include "bin/plural.h"
#include "bin/state_desk.h"
#include "core/log.h"
#include "value/value.h"

static void json_head(Buffer *out, const char *pipeline, int32_t partition, bool dry) {
        buffer_put_z(out, "{\"pipeline\":");
        value_print_string(out, bytes_z(pipeline));
        buffer_printf(out, ",\"partition\":%d,\"dry_run\":%s", (int)partition, dry ? "true" : "false");
}

static const char *verb_ed(bool dry, const char *done, const char *would) {
        return dry ? would : done;
}

/* It would be refused: whoever rehearses wants to know. */
static void warn_live(const Options *o, const BusGroup *g) {
        if (g->members > 0)
                fprintf(stderr, "tocsin state %s: as it is now it would be refused: %lld worker%s in the group (%s)\n",
                        o->verb->name, (long long)g->members, g->members == 1 ? " is" : "s are", g->who);
        if (g->members < 0)
                fprintf(stderr, "tocsin state %s: it would be refused: the embedded broker lives only inside `tocsin run`\n",
                        o->verb->name);
}

/* ---- import -------------------------------------------------------------------------------------------- */

static void import_print(const StateImport *i, bool json) {
        Buffer out = BUFFER_NULL;
        const char *pipe = i->at.pipe->name;
        for (int32_t p = 0; p < i->partitions; p++) {
                const StateChange *c = &i->changes[p];
                if (json) {
                        json_head(&out, pipe, p, i->dry);
                        buffer_printf(&out, ",\"had\":%llu,\"has\":%llu,\"added\":%llu,\"changed\":%llu,\"removed\":%llu}\n",
                                      (unsigned long long)c->had, (unsigned long long)c->has, (unsigned long long)c->added,
                                      (unsigned long long)c->changed, (unsigned long long)c->removed);
                        continue;
                }
                buffer_printf(&out, "%s/%d  %llu entries -> %llu  (%llu added, %llu changed, %llu removed)\n", pipe, (int)p,
                              (unsigned long long)c->had, (unsigned long long)c->has, (unsigned long long)c->added,
                              (unsigned long long)c->changed, (unsigned long long)c->removed);
        }
        state_desk_put(&out);
}

static int import(StateDesk *d, const StateAt *at) {
        Why why = { 0 };
        StateImport i = { .at = *at,
                          .path = d->o->operands[1],
                          .replace = options_flag(d->o, "replace"),
                          .offsets = options_flag(d->o, "offsets"),
                          .renamed = options_flag(d->o, "renamed"),
                          .dry = options_flag(d->o, "dry-run") };
        int r = state_import(&i, &why);
        if (r == 0 || (i.dry && r == STATE_E_HELD))
                import_print(&i, d->json);
        if (i.dry && (r == 0 || r == STATE_E_HELD))
                warn_live(d->o, &i.group);
        if (r == 0)
                fprintf(stderr, "tocsin state import: pipeline %s: %s%s\n", at->pipe->name,
                        verb_ed(i.dry, "imported, in one transaction", "nothing was changed"),
                        !i.offsets ? "; it goes on where the group had committed" : "; it goes on where the file was written");
        if (r == 0 && !i.dry)
                LOG(LOG_INFO, "state.import", "state imported", LOG_S("pipeline", at->pipe->name), LOG_S("file", i.path),
                    LOG_I("offsets", i.n_offsets));
        free(i.changes);
        return state_desk_answer(d->o, at->pipe->name, r, &why, EX_NOINPUT);
}

/* ---- reset --------------------------------------------------------------------------------------------- */

static void offset_line(Buffer *out, const BusOffsets *o, int64_t next, bool json) {
        bool stays = next < 0 || next == o->committed;
        int64_t from = o->committed, again = from < 0 || stays ? 0 : from - next;
        if (json) {
                buffer_put_z(out, ",\"topic\":");
                value_print_string(out, bytes_z(o->topic));
                if (from < 0)
                        buffer_put_z(out, ",\"from\":null");
                else
                        buffer_printf(out, ",\"from\":%lld", (long long)from);
                if (next < 0 && from < 0)
                        buffer_put_z(out, ",\"to\":null");
                else
                        buffer_printf(out, ",\"to\":%lld", (long long)(next < 0 ? from : next));
                buffer_printf(out, ",\"again\":%lld,\"passed_over\":%lld}\n", (long long)(again > 0 ? again : 0),
                              (long long)(again < 0 ? -again : 0));
                return;
        }
        buffer_printf(out, "%s/%d  ", o->topic, (int)o->partition);
        if (from < 0)
                buffer_put_z(out, "nothing committed");
        else
                buffer_printf(out, "%lld", (long long)from);
        if (stays)
                buffer_put_z(out, "  stays\n");
        else if (again > 0)
                buffer_printf(out, " -> %lld  %lld record%s again\n", (long long)next, (long long)again,
                              plural((unsigned long long)again));
        else if (again < 0)
                buffer_printf(out, " -> %lld  %lld record%s passed over\n", (long long)next, (long long)-again,
                              plural((unsigned long long)-again));
        else
                buffer_printf(out, " -> %lld\n", (long long)next);
}

static void reset_print(const StateReset *r, bool json) {
        Buffer out = BUFFER_NULL;
        const StateFacts *f = &r->facts;
        const char *pipe = r->at.pipe->name;
        for (size_t i = 0; i < f->n_offsets; i++) {
                if (json)
                        json_head(&out, pipe, f->offsets[i].partition, r->dry);
                offset_line(&out, &f->offsets[i], r->next[i], json);
        }
        for (int32_t p = 0; r->drop && p < f->partitions; p++) {
                if (json) {
                        json_head(&out, pipe, p, r->dry);
                        buffer_printf(&out, ",\"dropped\":%llu}\n", (unsigned long long)r->changes[p].removed);
                } else {
                        buffer_printf(&out, "%s/%d  %llu entries %s\n", pipe, (int)p, (unsigned long long)r->changes[p].removed,
                                      verb_ed(r->dry, "dropped", "would be dropped"));
                }
        }
        state_desk_put(&out);
}

static int read_to(const Options *o, StateReset *r) {
        const char *to = options_value(o, "to");
        bool keep = options_flag(o, "keep-state");
        int64_t ago;
        r->drop = options_flag(o, "drop-state");
        if (keep && r->drop)
                return options_misuse(o->verb, "--keep-state and --drop-state are opposites");
        if (!to && !r->drop)
                return options_misuse(o->verb, "say --to where it shall go on, or --drop-state, or both");
        if (to && !keep && !r->drop)
                return options_misuse(o->verb, "say --drop-state or --keep-state: what is read again with the state it has made "
                                               "already is counted twice");
        if (!to)
                return 0;
        if (strcmp(to, "earliest") == 0) {
                r->to = STATE_TO_EARLIEST;
        } else if (strcmp(to, "latest") == 0) {
                r->to = STATE_TO_LATEST;
        } else if (config_date(to, &r->to_us) && r->to_us >= 0) {
                r->to = STATE_TO_TIME;
        } else if (config_duration(to, &ago)) {
                r->to = STATE_TO_TIME;
                r->to_us = clock_system.wall_us(&clock_system) - ago;
        } else {
                return options_misuse(o->verb,
                                      "--to=%s is neither earliest nor latest, a time as 2026-01-31T12:00:00Z nor a time ago "
                                      "as 30m or 2d",
                                      to);
        }
        return 0;
}

static int reset(StateDesk *d, const StateAt *at) {
        Why why = { 0 };
        StateReset s = { .at = *at, .dry = options_flag(d->o, "dry-run") };
        (void)read_to(d->o, &s); /* run() has looked */
        int r = state_reset(&s, &why);
        if (r == 0)
                reset_print(&s, d->json);
        if (r == 0 && s.dry)
                warn_live(d->o, &s.facts.group);
        if (r == 0)
                fprintf(stderr, "tocsin state reset: pipeline %s: %s\n", at->pipe->name,
                        verb_ed(s.dry, "done, in one transaction", "nothing was changed"));
        if (r == 0 && !s.dry)
                LOG(LOG_INFO, "state.reset", "pipeline reset", LOG_S("pipeline", at->pipe->name),
                    LOG_S("to", options_value(d->o, "to") ? options_value(d->o, "to") : ""),
                    LOG_S("state", s.drop ? "dropped" : "kept"));
        free(s.next);
        free(s.changes);
        state_facts_deinit(&s.facts);
        return state_desk_answer(d->o, at->pipe->name, r, &why, EX_NOINPUT);
}

/* ---- both ---------------------------------------------------------------------------------------------- */

static int run(int argc, char **argv, const Verb *v, int (*work)(StateDesk *d, const StateAt *at)) {
        _cleanup_(options_deinit) Options o;
        StateDesk d;
        StateAt at;
        if (options_parse(&o, v, argc, argv) != 0)
                return o.exit;
        int exit = v == &state_reset_verb ? read_to(&o, &(StateReset){ 0 }) : 0;
        if (exit != 0)
                return exit;
        exit = state_desk_init(&d, &o);
        if (exit == 0)
                exit = state_desk_one(&d, &at, true);
        if (exit == 0) {
                log_setup(STDERR_FILENO, d.c->log_json, isatty(STDERR_FILENO), d.c->log_level, "state");
                exit = work(&d, &at);
        }
        state_desk_deinit(&d);
        return exit;
}

int state_run_import(int argc, char **argv) {
        return run(argc, argv, &state_import_verb, import);
}

int state_run_reset(int argc, char **argv) {
        return run(argc, argv, &state_reset_verb, reset);
}
