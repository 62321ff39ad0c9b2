/* tocsin topics plan|apply: which topics the pipelines need, and making those that are not there. */
#include "bin/check.h"
#include "bin/connect.h"
#include "bin/options.h"
#include "bin/topics.h"
#include "core/buffer.h"
#include "value/value.h"

static int refuse(const char *verb, int exit, const char *text) {
        fprintf(stderr, "tocsin topics %s: %s\n", verb, text);
        return exit;
}

static const char *mark(TopicState s) {
        static const char *const marks[] = { "= ok", "+ create", "! differs", "? unknown" };
        return marks[s];
}

static void print_text(const TopicPlan *p) {
        printf("%-10s %-50s partitions=%-3d cleanup=%s  (%s%s%s, %s)%s%s\n", mark(p->state), p->need.name,
               (int)p->need.partitions, p->need.compact ? "compact" : "delete ", p->need.pipeline, p->need.port ? "." : "",
               p->need.port ? p->need.port : "", need_role_word(p->need.role), p->why.text[0] ? ": " : "", p->why.text);
}

static void print_json(const TopicPlan *p, const char *done) {
        Buffer b = BUFFER_NULL;
        buffer_put_z(&b, "{\"topic\":");
        value_print_string(&b, bytes_z(p->need.name));
        buffer_printf(&b, ",\"state\":\"%s\",\"partitions\":%d,\"compact\":%s,\"pipeline\":", done ? done : mark(p->state) + 2,
                      (int)p->need.partitions, p->need.compact ? "true" : "false");
        value_print_string(&b, bytes_z(p->need.pipeline));
        buffer_printf(&b, ",\"role\":\"%s\",\"text\":", need_role_word(p->need.role));
        value_print_string(&b, bytes_z(p->why.text));
        buffer_put_z(&b, "}\n");
        fwrite(b.ptr, 1, b.len, stdout);
        buffer_deinit(&b);
}

static int apply_one(const Connect *c, TopicPlan *p, bool json) {
        int exit = 0;
        if (p->state == TOPIC_CREATE) {
                Why why = { 0 };
                Patience patience;
                connect_ask(c, &patience);
                exit = connect_exit(topics_make(&c->conf, &p->need, &why));
                patience_end(&patience);
                if (exit != 0) {
                        fprintf(stderr, "tocsin topics apply: %s: %s\n", p->need.name, why.text);
                        return exit;
                }
                if (json)
                        print_json(p, "created");
                else
                        printf("created    %s\n", p->need.name);
                return 0;
        }
        if (json)
                print_json(p, NULL);
        else if (p->state != TOPIC_OK)
                print_text(p);
        return p->state == TOPIC_OK ? 0 : EX_UNAVAILABLE;
}

static int work(const Options *o, bool apply) {
        const char *verb = apply ? "apply" : "plan";
        bool json = options_flag(o, "json");
        _cleanup_(config_freep) Config *c = NULL;
        _cleanup_(needs_deinit) Needs needs = { 0 };
        Why why = { 0 };
        int exit = check_config(&c, o->operands[0]);
        if (exit != 0)
                return exit;
        _cleanup_(freep) Loaded *loaded = calloc(c->n_pipelines + 1, sizeof *loaded);
        size_t n = 0;
        if (!loaded)
                return refuse(verb, EX_OSERR, "out of memory");
        exit = load_pipelines(loaded, &n, c, NULL);
        if (exit != 0)
                return exit;
        int r = needs_of(&needs, loaded, n, &why);
        if (r != 0)
                return refuse(verb, r == -ENOMEM ? EX_OSERR : EX_CONFIG, why.text);
        if (c->embedded)
                return refuse(verb, EX_OK, "the broker is embedded: `tocsin run` makes its topics, there is nothing to do");
        _cleanup_(connect_deinit) Connect at = { 0 };
        exit = connect_init(&at, c, &why);
        if (exit != 0)
                return refuse(verb, exit, why.text);
        _cleanup_(freep) TopicPlan *plan = calloc(needs.n + 1, sizeof *plan);
        if (!plan)
                return refuse(verb, EX_OSERR, "out of memory");
        Patience patience;
        connect_ask(&at, &patience);
        exit = connect_exit(topics_plan(&at.conf, &needs, plan, &why));
        patience_end(&patience);
        if (exit != 0)
                return refuse(verb, exit, why.text);
        for (size_t i = 0; i < needs.n; i++) {
                int one = 0;
                if (apply) {
                        one = apply_one(&at, &plan[i], json);
                } else {
                        if (json)
                                print_json(&plan[i], NULL);
                        else
                                print_text(&plan[i]);
                        one = plan[i].state == TOPIC_DIFFERS || plan[i].state == TOPIC_UNKNOWN ? EX_UNAVAILABLE : 0;
                }
                exit = exit ? exit : one;
        }
        return exit;
}

extern const Verb topics_plan_verb, topics_apply_verb;

static int run_plan(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        return options_parse(&o, &topics_plan_verb, argc, argv) != 0 ? o.exit : work(&o, false);
}

static int run_apply(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        return options_parse(&o, &topics_apply_verb, argc, argv) != 0 ? o.exit : work(&o, true);
}

static const Option options[] = { { .name = "json", .help = "a line of JSON for each topic" }, { 0 } };
static const ExitCode exits[] = {
        { EX_UNAVAILABLE, "no broker answers, or a topic is there and differs from what is needed" },
        { EX_NOPERM, "the right to look or to create is missing" },
        { EX_CONFIG, "the configuration is wrong" },
        { 0 },
};

const Verb topics_plan_verb = {
        .name = "plan",
        .group = VERB_RUN,
        .summary = "show which topics the pipelines need, and which are there",
        .usage = "topics plan [--json] CONFIG",
        .about = "One line a topic: `=` is there as needed, `+` would be made by `topics apply`, `!` is there and differs. "
                 "Topics of "
                 "ports, and the host's own: changelog, dead letters, internal ports. What is partitioned by loop has the number "
                 "of "
                 "partitions of the pipeline's inputs that are there already.",
        .options = options,
        .examples = (const Example[]){ { "before the first run on a broker", "tocsin topics plan tocsin.yaml" }, { 0 } },
        .exits = exits,
        .min = 1,
        .max = 1,
        .run = run_plan,
};

const Verb topics_apply_verb = {
        .name = "apply",
        .group = VERB_RUN,
        .summary = "make the topics that are missing",
        .usage = "topics apply [--json] CONFIG",
        .about = "Makes what `topics plan` shows with `+`, and nothing else: it never deletes a topic and never alters one that "
                 "is there.",
        .options = options,
        .examples = (const Example[]){ { "make what is missing", "tocsin topics apply tocsin.yaml" }, { 0 } },
        .exits = exits,
        .min = 1,
        .max = 1,
        .run = run_apply,
};

const Verb verb_topics = {
        .name = "topics",
        .group = VERB_RUN,
        .summary = "plan and make the topics of the pipelines",
        .usage = "topics plan|apply [--json] CONFIG",
        .subs = (const Verb *const[]){ &topics_plan_verb, &topics_apply_verb, NULL },
};
