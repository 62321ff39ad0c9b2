/* The plugin under test: loaded, its calls diverted, its ports bound, its settings and streams made. */
#include "bin/conform.h"

#include "bin/conform_calls.h"
#include "bin/conform_stream.h"
#include "bin/conform_trap.h"
#include "bin/load.h"
#include "config/config.h"

#define KIT_MAX (UINT64_C(1) << 30) /* of streams and values of one child */
#define RANDOM_RECORDS 96u /* cut and aborted at each of them, so the work grows with the square */

static int bind_port(Kit *k, uint32_t i, Why *why) {
        const tocsin_port *p = k->plugin.port[i];
        if (p->format != TOCSIN_AVRO)
                return 0;
        int r = load_port_schema(&k->schema[i], &k->own[i], p, k->conf->schemas, why);
        if (r == 0 && p->direction == TOCSIN_IN) {
                const char *reads[1024 + 2];
                size_t n = 0;
                for (; n < p->n_reads; n++)
                        reads[n] = p->reads[n];
                if (n && p->key)
                        reads[n++] = p->key;
                if (n && p->time)
                        reads[n++] = p->time;
                r = plan_new(&k->plan[i], k->schema[i], k->schema[i], n ? reads : NULL, n, why);
        }
        return r <= 0 ? r : why_in(why, KIT_E_DESCRIPTOR, "port '%s'", p->name);
}

int kit_open(Kit *k, const KitConf *conf, Why *why) {
        *k = (Kit){ .conf = conf };
        LoaderWatch watch = { .replace = calls_replacement, .begin = trap_begin };
        int r = loader_watch(&k->plugin, conf->file, &watch, why);
        k->chooses = watch.chooses;
        if (r != 0)
                return r < 0 ? r : r == LOADER_E_LINT || r == LOADER_E_ABI ? KIT_E_DESCRIPTOR : KIT_E_FILE;
        if (!(k->arena = arena_new(KIT_MAX)))
                return -ENOMEM;
        for (uint32_t i = 0; i < k->plugin.self.n_ports; i++)
                GUARD(bind_port(k, i, why));
        return 0;
}

static void complaint(void *arg, const char *pointer, bool key, const char *text) {
        Why *why = arg;
        (void)key;
        if (!why->text[0])
                why_say(why, 0, "%s: %s", *pointer ? pointer : "/", text);
}

static int fill_settings(Kit *k) {
        static const tocsin_value nothing = { .kind = TOCSIN_MAP };
        const tocsin_value *given = k->conf->settings ? k->conf->settings : &nothing;
        k->settings = *given;
        if (!k->plugin.self.config_schema) {
                k->settings_ok = given->len == 0;
                if (!k->settings_ok)
                        why_say(&k->settings_why, 0, "it has no settings, but --config gives some");
                return 0;
        }
        int r = settings_check(bytes_z(k->plugin.self.config_schema), given, k->arena, &k->settings, complaint, &k->settings_why);
        k->settings_ok = r == 0;
        if (r > 0 && !k->conf->settings)
                why_in(&k->settings_why, 0, "it needs --config");
        return r < 0 ? r : 0;
}

int kit_fill(Kit *k, Why *why) {
        Random r = { .state = k->conf->seed };
        GUARD(fill_settings(k));
        GUARD(stream_given(k, &k->given, why));
        return stream_random(k, &r, RANDOM_RECORDS, &k->random, why);
}

void kit_close(Kit *k) {
        stream_deinit(&k->given);
        stream_deinit(&k->random);
        for (uint32_t i = 0; i < LIMIT_PORTS; i++) {
                plan_free(k->plan[i]);
                schema_free(k->own[i]);
        }
        k->arena = arena_free(k->arena);
}
