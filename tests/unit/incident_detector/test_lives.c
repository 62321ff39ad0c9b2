/* The table is the truth: cuts anywhere change nothing, the same comes out of the same, and state keeps its bounds. */
#include "scenario.h"
#include "seed.h"
#include "settings.h"

/* A random but lively stream: all kinds, some lies among them. */
static void play(FakeHost *h, uint64_t seed, int n, int cut_every) {
        uint64_t s = seed;
        int64_t sequence = 0, incarnation = 1;
        for (int i = 0; i < n; i++) {
                double t = i * 1.5 + (double)below(&s, 100) / 100;
                char id[32], more[512];
                snprintf(id, sizeof id, "e%d", (int)(below(&s, 30) ? i : i / 2));
                const char *loop = below(&s, 3) ? "a" : "b", *target = below(&s, 12) ? "shared" : "core";
                switch (below(&s, 9)) {
                case 0:
                        snprintf(more, sizeof more,
                                 "},\"subject\":{\"id\":\"%s\"},\"attributes\":{\"set.tilt\":\"%d\"},\"causes\":[\"e%d\"]",
                                 target, (int)below(&s, 3), (int)below(&s, (uint64_t)i + 1));
                        say(h, t, t, id, loop, "dec", "ACTION_PLAN", more);
                        break;
                case 1:
                        snprintf(more, sizeof more,
                                 "},\"subject\":{\"id\":\"%s\"},\"attributes\":{\"set.tilt\":\"%d\"},\"causes\":[\"e%d\"]",
                                 target, (int)below(&s, 3), (int)below(&s, (uint64_t)i + 1));
                        say(h, t, t, id, loop, "exe", "ACTION_RESULT", more);
                        break;
                case 2:
                        snprintf(more, sizeof more, "},\"correlation_id\":\"c%d\"", (int)below(&s, 5));
                        say(h, t, t, id, "a", "ana", below(&s, 2) ? "TRIGGER" : "CLEAR", more);
                        break;
                case 3:
                        snprintf(more, sizeof more, "},\"metrics\":{\"cpu\":%d.5}", (int)below(&s, 103));
                        say(h, t, t, id, "a", "ves", "TELEMETRY", more);
                        break;
                case 4:
                        say(h, t, t - (double)below(&s, 40), id, "a", below(&s, 2) ? "rogue" : "ves", "HEARTBEAT", "");
                        break;
                case 5:
                        incarnation += below(&s, 20) == 0;
                        tell(h, t + (below(&s, 60) ? 0 : 50), incarnation, sequence += (int64_t)below(&s, 3));
                        break;
                default:
                        tell(h, t, incarnation - (below(&s, 50) == 0), ++sequence);
                }
                if (cut_every && i % cut_every == cut_every - 1)
                        fake_cut(h);
        }
        fake_until(h, US(n * 1.5 + 500));
}

Test(lives, a_cut_anywhere_changes_nothing) {
        uint64_t seed = seed_of();
        for (uint64_t round = 0; round < 6; round++) {
                Buffer text[3] = { BUFFER_NULL, BUFFER_NULL, BUFFER_NULL };
                for (int i = 0; i < 3; i++) {
                        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
                        play(h, seed + round, 200, (int[]){ 0, 1, 7 }[i]);
                        fake_dump(h, &text[i]);
                        cr_assert_gt(h->n_out, 3);
                }
                for (int i = 1; i < 3; i++)
                        cr_assert(bytes_eq(buffer_bytes(&text[0]), buffer_bytes(&text[i])), "seed %llu",
                                  (unsigned long long)(seed + round));
                for (int i = 0; i < 3; i++)
                        buffer_deinit(&text[i]);
        }
}

Test(lives, an_incident_has_one_id_from_raised_to_cleared) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        play(h, 11, 300, 0);
        for (size_t i = 0; i < h->n_out; i++) {
                const tocsin_value *v = &h->out[i].value;
                Bytes id = tocsin_get_bytes(v, "id");
                cr_assert(id.len == 32 && tocsin_equal(id, h->out[i].key));
                cr_assert(tocsin_get_bytes(v, "summary").len > 20 && tocsin_find(v, "evidence")->len >= 1);
                cr_assert_leq(tocsin_get_i64(v, "first_time", 1), tocsin_get_i64(v, "last_time", 0));
                bool raised = is(v, "state", "RAISED");
                for (size_t k = 0; k < i && !raised; k++)
                        raised = tocsin_equal(id, h->out[k].key);
                cr_assert(raised, "nothing is updated or cleared that was not raised");
        }
}

Test(lives, a_plain_event_costs_two_entries_and_no_scratch) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        for (int i = 0; i < 100; i++)
                tell(h, i, 1, i);
        cr_assert_leq(h->n_table, 3);
        cr_assert_leq(h->n_timers, 1);
        cr_assert_eq(h->scratch_calls, 0);
}

Test(lives, a_million_years_ahead_is_refused) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        cr_assert_eq(fake_event(h, US(0),
                                "{\"id\":\"x\",\"stage\":\"MONITORING\",\"kind\":\"STATE\",\"loop\":\"a\",\"producer\":{\"name\":"
                                "\"mon\"},\"event_time\":9223372036854775807}"),
                     TOCSIN_POISON);
        cr_assert_eq(fake_event(h, US(0),
                                "{\"id\":\"x\",\"stage\":\"MONITORING\",\"kind\":\"STATE\",\"loop\":\"a\",\"producer\":{\"name\":"
                                "\"mon\"},\"event_time\":-9223372036854775808}"),
                     TOCSIN_POISON);
}

Test(lives, an_updated_registry_is_believed_at_once) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        say(h, 0, 0, "n1", "a", "new", "TELEMETRY", "");
        cr_assert_eq(count(h, "L1", "RAISED"), 1);
        fake_row(h, "{\"id\":\"a\",\"producers\":[{\"name\":\"new\"}]}");
        size_t before = h->n_out;
        say(h, 1, 1, "n2", "a", "new", "TELEMETRY", "");
        cr_assert_eq(h->n_out, before);
        say(h, 2, 2, "n3", "a", "mon", "TELEMETRY", "");
        cr_assert_gt(h->n_out, before);
}

Test(lives, the_defaults_of_the_code_are_those_of_the_schema) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        Settings code = settings_read(NULL), schema = settings_read(&h->config);
        cr_assert_eq(memcmp(&code, &schema, sizeof code), 0);
}

Test(lives, a_class_that_is_off_is_watched_and_not_reported) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{\"off\":[\"L1\",\"L15\"]}", registry);
        say(h, 0, 0, "x", "a", "rogue", "TELEMETRY", "");
        cr_assert_eq(h->n_out, 0);
        tell(h, 0, 1, 1);
        say(h, 2, 0, "m-1-1", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":1");
        cr_assert_eq(count(h, "L3", "RAISED"), 1);
}
